# Sentences of the console. Written side by side with zh-Hans.ftl; neither is a translation of the other.

console = Console
keys-word = Keys
nav-label = Rooms of the console
nav-overview = Overview
nav-decisions = Decisions
nav-propose = Propose
signed-in = Signed in: { $name }, { $role }
role-reader = reader
role-analyst = analyst
role-operator = operator
role-admin = admin
sign-out = Sign out

sign-in-title = Sign in
sign-in-lead = Paste your token. It proves who you are; the browser does not keep it.
sign-in-token = Token
sign-in-button = Sign in
here-error-not-authenticated = This token is unknown, expired or revoked. Ask an admin for a new one.
sign-in-already = Signed in already? Open the page

error-title = That did not work
error-back = To the overview

start-title = Overview
start-waits = Waits for people
start-oldest = The oldest waits { $time }
start-nothing = Nothing waits.
start-all = All decisions

state = State
state-proposed = waits
state-in-force = in force
state-refused = refused
state-expired = expired
state-removed = removed
action = Action
action-block = block
action-warn = warn
action-allow = allow
scope = Scope
scope-url = one link
scope-host = one host
scope-domain = a domain and all below
scope-auto = by what is written
origin = Origin
origin-reviewed = by people
origin-automatic = by itself
everything = all
filter-text = Name or reason
filter-button = Filter
filter-clear = Clear

queue-title = Decisions
queue-label = Decisions, the oldest first
queue-count = Shown: { $count }
queue-empty = Nothing fits this filter.
queue-calm = Nothing waits for you.
queue-older = Page before
queue-newer = Next page
queue-pages = Pages
column-choose = Choose
column-what = What
column-why = Why
column-listed = Listed by
column-approvals = Approvals
column-waits = Waits
choose = Choose decision { $number }
choose-all = Choose all that are shown
chosen-none = None chosen
chosen-some = Chosen:
approve-chosen = Approve chosen
end-chosen = Refuse or remove chosen

decision = Decision { $number }
dry-run = dry run
proposed-by = Proposed by { $name }
proposed-alone = By itself: trusted sources agree
evidence = Evidence
guards = Guarded
guards-none = Nothing guards it.
guard-entry = { $name } ({ $kind }, by { $source })
guard-popular = popular
guard-platform = platform
guard-shortener = shortener
guard-bank = bank
guard-government = government
guard-emergency = emergency
guard-own = our own
listed-none = On no list
listed-entry = { $source }: { $value }, { $first } to { $last }
listed-benign = { $source } vouches: { $value }, { $first } to { $last }
approvals-of = { $count } of { $needed }
approvals-none = none: lists agreed
may-approve = You may approve.
why-not-role = Your role may look, not approve.
why-not-proposed = You proposed it; another person has to approve.
why-not-approved = You approved it; another person has to.
why-not-made-by = Your token was made by { $who }, who approved it.
why-not-maker-of = You made the token of { $who }, who approved it.
why-not-guarded = It is guarded; refuse it, or warn of the single link.
waited-days = { $days } d { $hours } h
waited-hours = { $hours } h { $minutes } min
waited-minutes = { $minutes } min
until = until { $when }
ended-at = ended { $when }

confirm-approve = { $count ->
    [one] Approve this one?
   *[other] Approve these { $count }?
  }
confirm-end = { $count ->
    [one] Refuse or remove this one?
   *[other] Refuse or remove these { $count }?
  }
confirm-none = None of these can be done by you.
confirm-lead = Each one is done by itself; one that fails stops no other.
confirm-left = Left out
confirm-yes-approve = Approve { $count }
confirm-yes-end = End { $count }
confirm-back = Back
reason-end = Why it ends, for everybody to read
reason-end-help = The public page of the decision shows it.

done-title = What was done
done-in-force = In force now
done-proposed = Approved; waits for { $left } more
done-refused = Refused
done-removed = Removed
done-not = Not done
done-back = To what waits

one-public = The page that everybody sees
one-what = The decision
one-days = Lasts { $days ->
    [one] { $days } day
   *[other] { $days } days
  } once in force
one-since = In force since { $when }
one-end-reason = Ended: { $reason }
one-approve = Approve
one-refuse = Refuse it
one-remove = Remove it
history = History
did-propose = proposed it
did-approve = approved it
did-end = ended it
history-none = Your role may not read the audit.
history-automatic = Acts on many at once are in the audit as one entry, and not listed here.
history-entry = Entry { $seq }

new-title = Propose a decision
new-lead = Nothing is sent before you have seen what it would hit.
new-target = Link or name
new-reason = Reason, for everybody to read
new-evidence = Evidence, one piece a line
new-days = Days that it lasts, { $most } at most
new-dry-run = A dry run: counted and shown, not enforced
new-look = Look what it hits
new-seen = This is what you propose
new-needs = Needs the approval of { $needed } people, you are the first.
new-send = Propose it
new-change = Change it
new-again = Open decision { $number }

here-error-guarded = { $name } is not blocked in DNS: { $entry } is guarded ({ $kind }, by { $by }). Warn of the single link, or block that link alone.
here-error-target-path = “{ $text }” is one link, not a name. Choose the scope “one link”, or give the host alone.
here-error-target-name = “{ $text }” is no name that DNS can be asked for. Choose the scope “one link”.
here-error-decision-again = Decision { $id } says the same of { $value } already.
here-error-decision-none = There is no decision { $id }.

keys-title = Keys
keys-next = next row
keys-previous = row before
keys-choose = choose the row
keys-open = open the row
keys-approve = approve what is chosen, else this row; once more to confirm
keys-end = refuse or remove, with a reason
keys-filter = filter
keys-help = this list
keys-on = Keys are on
keys-close = Close

nav-appeals = Appeals
nav-appeals-waiting = ({ $count } waiting)
start-appeals = Appeals that wait for an answer
start-urgent = The most urgent:
start-appeals-none = None waits for an answer.
start-appeals-all = All appeals
clock-left = { $time } left
clock-late = late by { $time }
due-by = by { $when } UTC

appeals-title = Appeals
appeals-label = Appeals, overdue first
appeals-text = Name or reason of the decision
appeals-calm = Nobody waits for an answer.
appeals-empty = Nothing fits this filter.
appeal-waiting = waiting
appeal-open = waits for us
appeal-need-more = waits for them
appeal-upheld = the decision stays
appeal-granted = granted
appeal-lapsed = closed
column-due = Answer due
column-claim = What is said
column-evidence = Evidence
appeal = Appeal { $number }
claim-cleaned = It is clean now
claim-new-owner = A new owner
claim-mistake = A mistake
claim-else = Something else
speaker-owner = says that the site is theirs
speaker-visitor = wants to use the site
speaker-other = somebody else
people = { $count ->
    [one] { $count } person
   *[other] { $count } people
  }
checklist = Evidence that was asked for
piece-found = what was found and removed
piece-closed = how it got in, and how that was closed
piece-rescan = a scan made since
piece-since = since when the name is theirs
piece-purpose = what the page is for
piece-reason = why the reason does not hold
piece-control = control of the name
piece-given = given
piece-missing = not given

appeal-stands = Where it stands
appeal-reason = Answered by { $name }:
outcome-wrong = The block was wrong.
outcome-mended = The block was right; its cause is gone.
appeal-against = The decision
appeal-answer = Answer
answer-ask = Ask for more
answer-ask-means = They get your question; our clock rests until they answer.
answer-wrong = Grant: it was wrong
answer-wrong-means = The decision ends at once, and counts as a mistake of ours.
answer-mended = Grant: it is mended
answer-mended-means = The decision ends at once. It was right, and its cause is gone.
answer-uphold = Uphold the decision
answer-uphold-means = The decision stays, and they are told why.
answer-others = { $count ->
    [one] { $count } other appeal against it is granted too.
   *[other] { $count } other appeals against it are granted too.
  }
answer-yes-ask = Ask
answer-yes-wrong = Grant it and end the decision
answer-yes-mended = Grant it and end the decision
answer-yes-uphold = Uphold
text-ask = What is missing
text-wrong = Reason, for everybody to read
text-mended = Reason, for everybody to read
text-uphold = Reason, for those who appealed
text-help-ask = All who share this appeal read it. It closes by itself if nobody answers within { $days } days.
text-help-wrong = The public page of the decision shows it. Name nobody who appealed.
text-help-mended = The public page of the decision shows it. Name nobody who appealed.
text-help-uphold = All who share this appeal read it.
why-not-answered = It is answered or closed.
why-not-answer-role = You may read, not answer.
why-not-own = You had a part in this decision; somebody else has to say that it was right.
why-not-own-made-by = Your token was made by { $who }, who had a part in this decision; somebody else has to say that it was right.
why-not-own-maker-of = You made the token of { $who }, who had a part in this decision; somebody else has to say that it was right.
words-lead = What people wrote is personal. That you read it is in the audit.
words-gone = What was written has been deleted.
words-ours = What we asked
voice = Person { $number }
voice-contact = To reach them:
control-dns = They say that the proof is in DNS.
control-file = They say that the proof is in a file of the site.
control-page = They say that the proof is in the page.
proof = Proof of control
proof-how = Look for this text in one of these places. Only who controls the name can write there.
proof-dns = A TXT record at
proof-file = A file at
proof-page = Anywhere in the page
answered-ask = They have been asked
answered-wrong = Granted, and the decision has ended
answered-mended = Granted, and the decision has ended
answered-uphold = The decision stays
answered-back = To the appeals that wait

did-appeal = appealed against it
did-join = joined an appeal
did-reply = added to an appeal
did-ask = asked those who appealed for more
did-uphold = upheld it
did-grant = granted an appeal
did-lapse = closed an appeal with nothing left to decide

here-error-appeal-none = There is no appeal { $id }.
here-error-appeal-own = You had a part in decision { $id }; somebody else has to say that it was right. You may grant the appeal as wrong.
here-error-appeal-decided = Appeal { $id } is answered or closed already.

keys-ask = ask for more
keys-wrong = grant: it was wrong
keys-mended = grant: it is mended
keys-uphold = uphold the decision
