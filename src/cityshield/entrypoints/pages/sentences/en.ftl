# Sentences of the public page. Written side by side with zh-Hans.ftl; neither is a translation of the other.

page-title = Is this safe? · CityShield
page-description = Paste a link, a message or a file. CityShield tells you what it is, why, and what to do now.
promise-never-asks = This shield never asks you for money, for a code or to install anything. Whoever does is not us.
promise-keeps-nothing = What you enter is looked at and let go. We keep no copy of it.

ask-title = Is this safe?
ask-again-title = Check something else
ask-lead = Got something odd? Show it to Dundun before you tap, pay or reply.
ask-button = Check it
ask-kept = Free. No account needed. Nothing you enter here is stored.
text-label = A link, or the whole message
text-placeholder = Paste it here. You need not open it.
file-label = Or a file, up to { $mib } MiB
file-taken = File ready: { $name }
clear-button = Clear
looking = Dundun is looking. This takes a few seconds.

error-word = Please try again
trouble-network = We could not reach the shield. Check your connection and press the button again; your text is still here.
trouble-busy = Many people are asking right now. Wait a minute, then press the button again; your text is still here.
trouble-large = That file is larger than { $mib } MiB. Try a smaller one, or paste the link or message it came with.
trouble-server = Something went wrong on our side, so we have no answer. Until you have one, do not open it; please try again in a minute.

verdict-word-spoken = { $word }:
shown-link = The link, made harmless:
shown-message = The message:
shown-file = The file:
message-title = What you showed us
reasons-title = Why we say so
reason-spoken = reason
reason-good-spoken = In its favour:
reason-bad-spoken = Against it:
reason-check = Check { $check }, weight { $weight }
known-from-list = We know this one: it is on a list of confirmed cases.
judged-not-listed = It is on none of our lists. This is our judgement from what we could see.
parts-title = The links in it
parts-title-file = What is inside
parts-more = And { $count } more that are not shown here.
unread-title = What we could not see
coverage = We could look at about { $percent } % of this. What we did not see may change the answer.
coverage-full = We could look at all of it.

did-safe-button = I did the safe thing
did-safe-word = Well done
did-safe-headline = You stopped in time.
did-safe-why = Tricks like this one live on hurry, and you took your time.
did-safe-now = Tell one person who might get the same message. If you had already paid or typed a password, call your bank and the police now.
false-alarm-button = This is a false alarm
false-alarm-word = Sorry
false-alarm-headline = If we were wrong, we apologise.
false-alarm-why = A shield that cries wolf protects no one, so a person should look at it again.
false-alarm-now = Tell { $operator } what you checked and why it is fine; a person will look. Until then, go in by a way you already know.
false-alarm-now-contact = Tell { $operator } what you checked and why it is fine: { $contact }. A person will look. Until then, go in by a way you already know.

local-judged = Judged on your device. Nothing of it was sent.
local-typing = Read on your device as you type. Nothing is sent.
local-links = There is a link in it. Whether it is on our lists can only be looked up here; only the link is sent for that, not the message.
local-links-button = Look up the link
local-too-long = Only the beginning was read: the text is too long.

decision-title = Decision { $number }
decision-word-block = Stopped
decision-word-warn = Careful
decision-word-allow = Let through
decision-word-proposed = Under review
decision-word-over = No longer in force
decision-what-block = { $operator } stops { $name }.
decision-what-warn = { $operator } warns of { $name }.
decision-what-allow = { $operator } lets { $name } through.
decision-what-proposed = { $operator } has not decided about { $name } yet.
decision-what-over = { $name } is no longer stopped or warned of by this decision.
decision-why-automatic = Several sources that look into fraud list it, each by itself: { $reason }.
decision-why-reviewed = { $people ->
    [one] One person looked at it. The reason: { $reason }
   *[other] { $people } people looked at it and agreed. The reason: { $reason }
  }
decision-now-block = Close this page. If you already typed a password or a card number there, change it or call your bank now.
decision-now-warn = Don’t type a password, a code or a card number there. Ask somebody you trust first.
decision-now-allow = You can open it. Still, look at the address bar before you type a password.
decision-now-proposed = Until it is decided, treat it as you would a stranger.
decision-now-over = That it is over does not make it safe: check the link before you open it.
decision-facts = The decision
decision-number = Number { $number }
decision-scope-url = About this one link
decision-scope-host = About this one host name
decision-scope-domain = About this name and all names below it
decision-since = In force since { $date }
decision-until = Until { $date } at the latest
decision-dry-run = A dry run: it is counted, but nothing is stopped
decision-ended = Ended on { $date }: { $reason }
decision-check-other = Check something else
appeal-title = Is this a mistake, or your own site?
appeal-how = Write to { $contact } and name decision { $number }. It costs nothing.
appeal-how-unnamed = Tell { $operator } and name decision { $number }. It costs nothing.
appeal-what = Say what the page is for, since when it is yours, and, if it was broken into, what you have cleaned. A person looks at it; a block that was wrong ends within seconds.
