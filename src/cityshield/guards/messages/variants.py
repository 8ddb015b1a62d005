"""Characters that stand in for others: traditional script and look-alikes.

Written by hand for the words that the tells use; the full tables belong to the pack.
"""

from __future__ import annotations

_TRADITIONAL = (
    "轉转賬账帳账戶户錢钱貸贷款款貨货賠赔費费額额匯汇銀银檢检調调詢询訊讯個个碼码證证"
    "驗验號号點点擊击鏈链結结網网頁页載载裝装應应軟软體体幫帮導导師师員员組组團团隊队"
    "領领獎奖獲获贏赢賺赚風风險险資资產产股股漲涨投投報报總总裁裁關关閉闭凍冻結结"
    "認认識识聯联係系繫系電电話话機机開开啟启屏屏螢荧幕幕遠远程程遙遥控控單单訂订退退"
    "稅税務务員员會会員员積积分分過过期期後后時时間间馬马緊紧急急違违規规傳传遞递"
    "達达運运輸输遊游戲戏裝装備备買买賣卖價价優优惠惠儲储值值備备為为這这還还沒没"
    "將将給给與与請请您您們们從从來来進进對对無无當当兩两種种實实專专業业線线級级"
    "警警察察檢检察察院院涉涉嫌嫌洗洗錢钱通通緝缉令令區区國国爾尔媽妈爸爸兒儿學学校校"
    "課课補补習习費费車车禍祸醫医療疗術术押押金金週周邊边發发現现絡络徵征"
    "幣币圈圈託托貼贴息息劃划撥拨墊垫勵励務务鎖锁簽签協协議议據据處处理理貴贵賓宾"
)

_LOOKALIKE = {
    "薇": "微", "威": "微", "徽": "微", "芯": "信", "❤": "心",
    "裙": "群", "➕": "加", "伽": "加", "珈": "加", "嘉": "加",
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "х": "x", "у": "y", "і": "i",
    "ѕ": "s", "ј": "j", "ԁ": "d", "һ": "h", "ո": "n", "ν": "v", "ο": "o", "α": "a",
    "ı": "i", "ɡ": "g", "ℓ": "l",
}  # fmt: skip

VARIANTS: dict[str, str] = {
    **{
        traditional: simplified
        for traditional, simplified in zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True)
        if traditional != simplified
    },
    **_LOOKALIKE,
}
"""A character in NFKC lower case, and the one to read for it."""
