# 各页面共用的句子。与 en.ftl 并排写成，互不翻译。

brand = 城盾
skip-to-content = 直接看正文
run-by = 本站由 { $operator } 运行。
operator-contact = 联系我们：{ $contact }

cat-calm = 盾盾安静地坐着，眼睛半闭
cat-curious = 盾盾歪着头，有点拿不准
cat-alert = 盾盾坐直了，竖起耳朵，很警觉
cat-alarm = 盾盾举起盾牌：停
cat-relieved = 盾盾趴着休息，闭上眼睛，松了一口气
