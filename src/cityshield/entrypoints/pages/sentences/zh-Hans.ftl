# 公众页面的句子。与 en.ftl 并排写成，互不翻译。

brand = 城盾
page-title = 这个安全吗？ · 城盾
page-description = 贴上链接、短信或文件，城盾告诉你：这是什么、为什么、现在该怎么做。
skip-to-content = 直接看正文
promise-never-asks = 城盾不收钱、不要验证码、不让你装软件。谁要这些，谁就不是城盾。
promise-keeps-nothing = 你贴的内容，看完就放下，我们不留底。
run-by = 本站由 { $operator } 运行。
operator-contact = 联系我们：{ $contact }

ask-title = 这个安全吗？
ask-again-title = 再查一个
ask-lead = 拿不准？先别点、别付、别回，给盾盾看一眼。
ask-button = 帮我看看
ask-kept = 免费，不用注册。你填的内容不会被保存。
text-label = 一个链接，或者整条消息
text-placeholder = 贴在这里就行，不用点开它
file-label = 也可以选一个文件（最大 { $mib } MiB）
file-taken = 文件已放好：{ $name }
clear-button = 清空
looking = 盾盾正在看，几秒钟就好。

error-word = 再试一次
trouble-network = 连不上城盾。请检查网络，再按一次；你填的内容还在。
trouble-busy = 现在来问的人很多。请等一分钟再按；你填的内容还在。
trouble-large = 这个文件超过 { $mib } MiB。换个小一点的，或者贴上随它来的链接、消息。
trouble-server = 我们这边出了问题，没有得出结果。没看清之前先别点开，过一分钟再试。

cat-calm = 盾盾安静地坐着，眼睛半闭
cat-curious = 盾盾歪着头，有点拿不准
cat-alert = 盾盾坐直了，竖起耳朵，很警觉
cat-alarm = 盾盾举起盾牌：停
cat-relieved = 盾盾趴着休息，闭上眼睛，松了一口气

verdict-word-spoken = { $word }：
shown-link = 这个链接（已处理，点不开）：
shown-message = 这条消息：
shown-file = 这个文件：
message-title = 你给我们看的内容
reasons-title = 为什么这样说
reason-spoken = 理由
reason-good-spoken = 让人放心的：
reason-bad-spoken = 要小心的：
reason-check = 检查项 { $check }，分量 { $weight }
known-from-list = 这个我们认识：它在已经确认的名单上。
judged-not-listed = 名单上没有它。这是我们根据看到的内容作出的判断。
parts-title = 里面的链接
parts-title-file = 里面装着什么
parts-more = 还有 { $count } 个没有在这里列出。
unread-title = 我们没看到的
coverage = 这份内容我们大约看到了 { $percent }%。没看到的部分，可能会改变结论。
coverage-full = 全部内容我们都看过了。

did-safe-button = 我没上当
did-safe-word = 做得好
did-safe-headline = 你及时停下来了。
did-safe-why = 这类骗局靠的就是催，而你没有慌。
did-safe-now = 告诉一位可能收到同样消息的人。如果已经付了钱、填了密码，马上联系银行并报警（110，反诈热线 96110）。
false-alarm-button = 这是误报
false-alarm-word = 抱歉
false-alarm-headline = 如果我们看错了，对不起。
false-alarm-why = 总喊“狼来了”的盾牌谁也护不住，所以该有人再看一遍。
false-alarm-now = 请告诉 { $operator }：你查的是什么、为什么它没问题，会有人来看。在那之前，请走你原来熟悉的入口。
false-alarm-now-contact = 请告诉 { $operator }：你查的是什么、为什么它没问题。联系方式：{ $contact }，会有人来看。在那之前，请走你原来熟悉的入口。

local-judged = 在你自己的设备上判断，一个字也没有发出去。
local-typing = 边输入边在你的设备上看，什么都不会发出去。
local-links = 里面有链接。它在不在名单上，要到这里来查；查的时候只发送链接，不发送消息。
local-links-button = 查一查链接
local-too-long = 内容太长，只看了开头。
