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
may-approve = You may approve.
why-not-role = Your role may look, not approve.
why-not-proposed = You proposed it; another person has to approve.
why-not-approved = You approved it; another person has to.
why-not-made-by = Your token was made by { $who }, who approved it.
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
one-days = Lasts { $days } days once in force
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
