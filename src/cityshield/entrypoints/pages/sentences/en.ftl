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

appeal-button = Appeal against this
appeal-state-open = An appeal is open since { $date }. An answer is due by { $due }.
appeal-state-need-more = An appeal is open since { $date }. We have asked for more.
appeal-form-title = Appeal against decision { $number }
appeal-form-lead = A person reads this and answers within { $span }, at weekends too. It costs nothing.
appeal-step-who = Who are you?
appeal-who-owner = It is my site, or I look after it
appeal-who-visitor = I want to use the site
appeal-who-other = Somebody else
appeal-step-claim = What is wrong?
appeal-claim-cleaned = The site was broken into or misused. It is clean now
appeal-claim-new-owner = The name has a new owner
appeal-claim-mistake = It never did any harm. This is a mistake
appeal-claim-else = Something else
appeal-next = Next
appeal-back = Choose again
appeal-text-label = In your own words
appeal-text-hint = What happened, and what should we look at? Write no passwords and no card numbers. { $most } characters at most.
appeal-evidence-title = What helps us decide
appeal-evidence-lead = Leave empty what you don’t have. You can add it later.
evidence-found = What did you find, and what did you remove?
evidence-closed = How did it get in, and how did you close that way?
evidence-rescan = A link to a scan that was made since
evidence-since = Since when is the name yours?
evidence-purpose = What is the page for?
evidence-reason = What is not right about the reason that we gave?
evidence-control = Can you show that the name is under your control?
appeal-control-later = When you have sent this, you get a short text to put where only you can.
appeal-contact-label = How to reach you (you may leave it empty)
appeal-contact-hint = Used for this appeal only. Our answer is on a page of your own, also without it.
appeal-send = Send the appeal
appeal-keeps = What you write about an appeal is read by those who decide, and deleted { $days ->
    [one] { $days } day
   *[other] { $days } days
  } after our answer.
appeal-to-decision = The page of decision { $number }

case-title = Appeal { $number }
case-word-open = We are on it
case-word-need-more = Your turn
case-word-upheld = It stays
case-word-granted = Granted
case-word-lapsed = Closed
case-what-open = Your appeal about { $name } is here.
case-what-need-more = We need to know more about { $name }.
case-what-upheld = We looked again at { $name }, and the decision stays.
case-what-granted = The decision against { $name } has ended.
case-what-lapsed = Your appeal about { $name } is closed.
case-why-open = A person looks at it. Whoever made the decision may take it back, but cannot confirm it alone.
case-why-need-more = Our question is below, with a place for your answer.
case-why-upheld = The reason: { $reason }
case-why-granted-wrong = We were wrong, and we are sorry. { $reason }
case-why-granted-mended = What it was about is mended. { $reason }
case-why-lapsed = The decision ended by itself, or no answer came to our question.
case-now-open = Keep the address of this page. It is the only way back here, for you and for whoever else has it.
case-now-need-more = Keep the address of this page. It is the only way back here, for you and for whoever else has it.
case-now-upheld = If you learn something new, you can appeal again.
case-now-granted = Open the site again in a few minutes. Phones and browsers remember a block for a little while.
case-now-lapsed = If the name is still stopped, you can appeal again.
case-clock = An answer is due in { $left }: by { $date }.
case-clock-late = An answer was due by { $date }. It is late, and we are sorry. It is the first in our queue.
case-clock-theirs = We wait for you until { $date }. Then the appeal is closed, and you can make a new one.
case-clock-over = Answered or closed on { $date }.
span-days = { $count ->
    [one] 1 day
   *[other] { $count } days
  }
span-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
  }
span-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
  }
case-evidence-title = What helps us decide
case-given = Given
case-missing = Not given yet
case-proof-title = Show that { $name } is under your control
case-proof-how = Put this text where only you can, then tell us below:
case-proof-dns = in DNS, as TXT of
case-proof-file = on the site, as a file at
case-proof-page = anywhere on the page at
case-proof-person = A person looks it up. Until then, leave it where it is.
case-messages-title = What was written
case-wrote-you = You, { $date }
case-wrote-we = { $operator }, { $date }
case-more-title = Add something
case-more-label = Your message
case-more-send = Send it
case-where-dns = The text is in DNS
case-where-file = The text is on the site
case-where-page = The text is on the page

notice-word-none = Nothing here
notice-what-none = There is no appeal at this address.
notice-why-none = The address is not whole, or what was written was deleted { $days ->
    [one] { $days } day
   *[other] { $days } days
  } after our answer.
notice-now-none = Look for the whole address. If the name is still stopped, you can appeal again.
notice-word-over = Nothing to appeal
notice-what-over = This decision stops nothing now.
notice-why-over = Only what is in force can be appealed against.
notice-now-over = If the name does not open, wait some minutes: phones and browsers remember a block for a little while.

statistics-title = What the shield does
statistics-lead = The decisions of { $operator } in numbers, as of { $date }.
statistics-link = All decisions in numbers
statistics-total = Blocks in force
statistics-wrong = Blocks found wrong
statistics-wrong-share = Wrong, of 10,000 blocks
statistics-wrong-how = Wrong are blocks that ended because an appeal showed a mistake. { $count ->
    [one] { $count } block was
   *[other] { $count } blocks were
  } ever in force. Mistakes that nobody reported are not known.
statistics-weeks = Blocks week by week
statistics-week = Week from
statistics-made = came into force
statistics-ended = ended
statistics-scale = highest: { $most }
statistics-table = The numbers as a table
statistics-what = What
statistics-count = How many
statistics-none = Unknown: nothing has been counted yet.
statistics-unknown = unknown
statistics-in-force = Blocks in force, by how they came about
statistics-kind = { $origin }: { $scope }
statistics-origin-reviewed = Decided by people
statistics-origin-automatic = Several trusted lists agree
statistics-scope-url = one link
statistics-scope-host = one host
statistics-scope-domain = a whole domain
statistics-ends = How blocks ended
statistics-ends-expired = Their time was over
statistics-ends-too-few-sources = Too few lists named them still
statistics-ends-person = A person ended them
statistics-ends-appeal = An appeal was granted
statistics-ends-guarded = The name is guarded by now
statistics-appeals = Appeals
statistics-appeals-open = Wait for our answer
statistics-appeals-need-more = Wait for more from who appealed
statistics-appeals-upheld = The decision stays
statistics-appeals-granted-wrong = Granted: the block was wrong
statistics-appeals-granted-mended = Granted: the cause is gone
statistics-appeals-lapsed = Closed with nothing left to decide
statistics-medians = How long things take (median)
statistics-median-proposal-to-force = From a proposal to a block, when people decide
statistics-median-block-length = How long a block lasted
statistics-median-appeal-to-answer = From an appeal to the first answer
statistics-median-appeal-to-decision = From an appeal to its decision
statistics-medians-how = Half took less, half took more. Times of appeals are shown from { $fewest } appeals on, so that they tell of nobody.
statistics-open = Open data
statistics-open-how = The same figures for programs. Licence: { $licence }. They are counted anew every { $minutes } minutes.
