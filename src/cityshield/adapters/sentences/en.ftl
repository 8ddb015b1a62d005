# General sentences. Written side by side with zh-Hans.ftl; neither is a translation of the other.

level-benign = Looks fine
level-unknown = Can't tell
level-suspicious = Suspicious
level-malicious = Dangerous

kind-link = link
kind-message = message
kind-file = file

unknown-link-what = We don't know this link.
unknown-link-why = It is on none of our lists, and nothing in the way it is written stands out. That does not make it safe.
unknown-link-now = Reach the site by a way you already know: its app, a bookmark, or the number on your card.
unknown-message-what = We see no clear sign of fraud here, but we can't vouch for it.
unknown-message-why = New tricks use new words. Not finding a sign is not the same as safe.
unknown-message-now = Before you pay, tap or tell a code, ask the sender by a way you already know.
unknown-file-what = We don't know this file.
unknown-file-why = It is on none of our lists and no rule speaks of it. That does not make it safe.
unknown-file-now = Don't open it unless you expected it. Ask the sender by a way you already know.
unknown-site-what = We saw no sign that this site was broken into.
unknown-site-why = A careful intruder leaves none that a visitor could see. How well the site is kept is said by its findings and its grade.
unknown-site-now = Mend the findings, the worst first.

weak-link-what = Something about this link is odd, but it is not enough to judge it.
weak-message-what = Parts of this sound like fraud, but it is not enough to judge it.
weak-file-what = Something about this file is odd, but it is not enough to judge it.
weak-site-what = Something about this site is odd, but it is not enough to say that it was broken into.

disputed-what = Our lists disagree about this one.
disputed-why = One source warns of it, another one trusts it. Until they agree, we can't vouch for it.
disputed-now = Leave it for now, and ask whoever sent it by a way you already know.

onward-link-what = This site is trusted, but the link can send you on to another one.
onward-link-why = The address carries a second link, and nobody vouches for where that leads.
onward-link-now = Open the site by itself, without what follows its name.

unread-link-what = We could not read this as a link.
unread-link-why = A link has a site name in it, such as { $example }.
unread-link-now = Copy the whole link again and check it once more.
unread-message-what = We could not read all of this message.
unread-message-why = What we did not see may change the answer.
unread-message-now = Paste the part that asks you for something.
unread-file-what = We could not look into all of this file.
unread-file-why = What we did not see may change the answer.
unread-file-now = Don't open it until someone who can has looked inside.
graded-site-what = Grade { $grade }. { $count ->
    [0] Nothing wrong was found.
    [one] One weakness was found.
   *[other] { $count } weaknesses were found.
  }
graded-site-why = The grade runs from A, well kept, to F. It speaks of what can be seen from outside, and not of what is inside.
graded-site-now = Begin with the first of the list: it is the most severe.
graded-site-now-none = Nothing has to be done now. Look again in some weeks: certificates run out, and software ages.
severity-critical = Critical
severity-high = High
severity-medium = Medium
severity-low = Low
severity-none = Remark
unread-site-what = We could not see all of this site.
unread-site-why = What we did not see may change the answer, so there is no grade.
unread-site-now = Look at the reason beside it, and visit the site again later.
barred-site-what = We did not visit this site.
barred-site-why = Only what somebody has allowed, and what its owner has not declined, is ever visited.
barred-site-now = If you may allow visits, take it into the inventory: cityshield sites import
declined-site-what = We did not visit this site.
declined-site-why = Its owner asked us not to, and that holds until the owner says otherwise.
declined-site-now = If the owner agrees again: cityshield sites optout HOST --off

part-link-what = The link carries another one that looks wrong.
part-message-what = The message carries a link that looks wrong.
part-file-what = Something inside this archive looks wrong.
part-site-what = Something on this site looks wrong.

coach = If someone told you to ignore this warning, that is part of the trick.

failure-raised = A check broke down, so it said nothing ({ $detail }).
failure-no-lists = A version was not compared with known weaknesses: no list of them was imported.
failure-not-a-link = This could not be read as a link.
failure-empty = There was nothing to judge.
failure-too-long = Only the beginning was read: the text is too long.
failure-no-roots = Nobody knows whether browsers trust the certificate: this machine has no list of authorities. Install the package ca-certificates.
failure-cut-short = Only the beginning came: the answer broke off.
failure-too-large =
    { $count ->
        [one] One part was too large to be read in full.
       *[other] { $count } parts were too large to be read in full.
    }
failure-too-many =
    { $count ->
        [one] One more was not looked at: there are too many.
       *[other] { $count } more were not looked at: there are too many.
    }
failure-too-deep = Archives inside archives go deeper than we look.
failure-out-of-time = Time ran out before everything was looked at.
failure-encrypted =
    { $count ->
        [one] One file is locked with a password and could not be read.
       *[other] { $count } files are locked with a password and could not be read.
    }
failure-damaged = The archive or a part of it is damaged and could not be read.
failure-unsupported = A part is packed in a way we can't open.
failure-not-unpacked = We can't look inside this kind of archive yet ({ $detail }).
failure-unreadable = The file could not be read ({ $detail }).
failure-crashed = The judge stopped while it worked on this.
failure-visit-out-of-scope = Nobody has allowed a visit
failure-visit-opted-out = The owner asked not to be visited
failure-visit-robots = Its robots.txt asks programs to stay away
failure-visit-no-name = There is no such name
failure-visit-no-address = The name has no address
failure-visit-private-address = The address is inside a private network
failure-visit-dead = Nothing answers at its address
failure-visit-vantage-down = We were cut off, not they; it will be visited again
failure-visit-budget = It would have needed more requests than we allow ourselves
failure-visit-stopped = The visit was stopped
failure-visit-not-visited = The run has not come to it yet
failure-visit-name-timeout = No name server answered for the name
failure-visit-error = Something broke while it was visited ({ $detail })
failure-no-page = The home page was not seen ({ $detail }), so nothing is known of most that it may lack.
failure-no-answer =
    { $count ->
        [one] One address gave no answer that says anything, so nothing is known of it.
       *[other] { $count } addresses gave no answer that says anything, so nothing is known of them.
    }
failure-robots =
    { $count ->
        [one] One address was not asked for: the site's robots.txt forbids it or could not be read.
       *[other] { $count } addresses were not asked for: the site's robots.txt forbids it or could not be read.
    }

error-title = This did not work: { $what }
error-toml = { $path } can't be read as TOML: { $reason }. Mend the file at that place.
error-config = A setting in { $path } is not right: { $reason }. Correct it, or delete the line to use the default.
error-home = The data directory { $path } can't be used: { $reason }. Choose another one with --data or CITYSHIELD_HOME.
error-store = The store { $path } can't be used: { $reason }. Restore it with: cityshield backup restore FILE
error-disk-full = The disk that holds { $path } is full. What was stored before is safe; make room and run it again.
error-store-foreign = { $path } is a database of another program. Choose another data directory with --data.
error-store-newer = The store { $path } was written by a newer CityShield (state { $revision }). Update CityShield.
error-check-without-code = { $path } has no Python file of the same name beside it. A check is two files.
error-check-code = The check { $path } can't be loaded: { $reason }.
error-guard = There is no guard “{ $guard }”. There are: { $guards }.
error-check-twice = Two checks are called { $check }; one of them lies in { $path }. Rename one.
error-check-measure = A check needs a weight or a severity, not both; the severities are { $severities }.
error-libraries = The file { $file } is not data of retire.js: { $reason }. Take jsrepository.json of that project.
error-pattern = The pattern “{ $pattern }” is wrong at “{ $place }”. See docs/messages.md for the pattern language.
error-kind = There is no kind “{ $kind }”. Use one of: { $kinds }.
error-no-subject = There is nothing to check. Give a link, a message or a file, or --lines FILE.
error-file = The file { $path } can't be read: { $reason }. Check its name and its permissions.
error-file-write = The file { $path } can't be written: { $reason }. Choose another place.
error-source = There is no source “{ $name }”. List them with: cityshield feeds list
error-feed-format = The format of this feed can't be told from its first lines. Name it with --format: { $formats }.
error-feed-empty = No line of { $path } could be used as { $format }. Check the file, or name another --format.
error-feed-packed = This list is packed ({ $packer }). Unpack it first; cityshield feeds import - reads what comes through a pipe.
error-source-name = “{ $name }” can't be the name of a source. Use 1 to 200 printable characters.
error-check-name = There is no check “{ $name }”. List them with: cityshield checks
error-role = There is no role “{ $role }”. Use one of: { $roles }.
error-scope = There is no scope “{ $scope }” for the role { $role }. Its scopes: { $scopes }.
error-token = There is no token { $id } that could be revoked. List them with: cityshield tokens list
error-forbidden = { $name } may not do this: it needs the scope { $scope }.
error-not-authenticated = Authenticate first: send the header Authorization: Bearer TOKEN.
error-backup = { $path } is not a backup of CityShield: { $reason }.
error-backup-exists = { $path } exists already. Choose another name.
error-busy = Another process uses this data directory (a service or an import). Stop it first, then try again.
error-locked = Another import is running on this data directory. Wait for it to end.
error-port = Port { $port } on { $host } can't be used: { $reason }. Choose another one with --port.
error-expect = The newest digest is { $found }, not { $expected }: entries are missing or were changed.
error-body = The request can't be understood: { $reason }.
error-not-found = There is nothing at this address.
error-method = This address does not take this kind of request.
error-text-long = The text is longer than { $kib } KiB. Send the part that matters.
error-body-long = The request is larger than { $mib } MiB.
error-rate = Too many requests. Wait { $seconds } seconds.
error-time = This took too long and was stopped.
error-server = Something went wrong on our side. Nothing was judged.
error-nothing = Nothing to check was given.
error-nothing-now = Paste a link or a message, or choose a file. Then press the button.
error-large = That is larger than { $mib } MiB.
error-large-now = Try a smaller file, or paste the link or the message it came with.
error-page = The form could not be read.
error-page-now = Go back to the page and try once more.

feeds-taken = Taken from { $source } ({ $format }): { $taken }, of them new: { $new }. Listed now: { $listed }.
feeds-bad = Lines that could not be read: { $count }
feeds-bad-line = line { $number }: { $start }
feeds-bad-more = and { $count } more
checked = { $count } checked in { $seconds } s
feeds-removed = Removed { $source } and its entries: { $count }. Listed now: { $listed }.
audit-sound = The audit is sound: { $count } entries, newest digest { $digest }.
audit-broken = The audit is broken at entry { $seq }: { $reason }
audit-reason-digest = its content does not fit its digest
audit-reason-chain = it does not follow the entry before it
audit-reason-gap = entries before it are missing
token-made = Token for { $name } ({ $role }). It is shown once, keep it safe:
token-first = First start: this admin token is shown once, keep it safe:
token-revoked = The token { $id } can't be used any more.
backup-made = Backup written: { $path }
backup-restored = Restored from { $path }. What was there before is kept in { $kept }.
retention-done = Deleted: expired indicators { $indicators }, old verdicts { $verdicts }, old tokens { $tokens }, ended sessions { $sessions }, old appeals whose words are gone { $appeals }.
up-ready = CityShield is ready: { $url }
up-stop = Stop it with Ctrl+C.
examples-sound = { $count } examples hold.
examples-broken = { $check }: { $problem }

doctor-ok = works
doctor-missing = missing
doctor-broken = broken
doctor-python = Python
doctor-home = Data directory
doctor-home-mend = It is made at the first start of: cityshield up
doctor-store = Store
doctor-store-mend = Restore a backup: cityshield backup restore FILE
doctor-indicators = Lists
doctor-indicators-none = no list is imported, so no link can be recognised as known
doctor-indicators-mend = Import one: cityshield feeds import FILE --source NAME
doctor-indicators-count = { $count } entries
doctor-rules = YARA rules
doctor-rules-none = no rule file in { $path }
doctor-rules-mend = Put *.yar files there; a rule that does not compile is left out and named here.
doctor-rules-count = { $count } files
doctor-checks = Checks
doctor-checks-count = { $count } checks, { $examples } examples hold
doctor-weights = Weights
doctor-weights-unknown = no check or rule has this name: { $names }
doctor-weights-mend = Correct the name in cityshield.toml; cityshield checks lists them all.
doctor-checks-mend = Mend or remove the check that is named.
doctor-audit = Audit
doctor-audit-mend = Compare with a backup: someone or something changed the record.
doctor-locale = Language

error-widen = { $name } can't make a token that may do more than { $name } itself. Ask for a lower role, or for scopes it has.
error-store-missing = There is no store at { $path }. If there was one, restore it: cityshield backup restore FILE. If not, cityshield up makes a new one; another data directory is chosen with --data.
check-no-file = There is no file “{ $name }” here, so the name was judged as text. Check how it is written and in which folder you are.
usage-option = There is no option { $name }.
usage-command = There is no command { $name }.
usage-missing = { $name } is missing.
usage-needs-value = The option { $name } needs a value.
usage-no-value = The option { $name } takes no value.
usage-choice = { $name } must be one of: { $choices }.
usage-number-least = { $name } must be a whole number, { $least } or more.
usage-number = { $name } must be a whole number from { $least } to { $most }.
usage-folder = { $name } names no folder that can be read.
usage-value = The value of { $name } can't be used.
usage-extra = This is too much: { $name }. Put quotes around what belongs together.
usage-help = Its help: { $command } --help

abstained-link = It is only a link. Ask about the link itself.
abstained-number = It is only a number, and numbers say nothing by themselves.
abstained-short = It is too short to say anything about it.
talk-done = { $word }: the highest score is { $peak }, at turn { $turn }; trend { $trend } a turn.

error-pack-large = This file is larger than { $mib } MiB, which no pack is.
error-pack-foreign = This file is not a pack of CityShield. Check which file you named.
error-pack-format = This pack is of format { $format }, which this version can't read. Fetch a pack made for this version, or update CityShield.
error-pack-damaged = This pack is damaged ({ $section }). Fetch it again; the pack in use stays.
error-pack-section = The section { $section } of this pack can't be used. Fetch a pack made for this version.
error-pack-key = This pack is signed by a key that is not trusted ({ $key }…). If you know whose it is: cityshield pack trust KEY
error-pack-signature = The signature of this pack does not fit: it was changed after signing. Fetch it again; the pack in use stays.
error-pack-expired = This pack had its time until { $expires }. Fetch a newer one; the pack in use stays.
error-pack-older = This pack is version { $version }, but version { $least } was already taken here. Older ones are refused.
error-pack-key-form = A public key is 64 hexadecimal digits.
error-pack-private = { $path } holds no private key: 64 hexadecimal digits. Make one with: cityshield pack keygen FILE
error-delta-foreign = This file is not a delta between packs.
error-delta-damaged = This delta is damaged. Fetch it again; the pack in use stays.
error-delta-base = This delta starts from another pack than the one in use (version { $version }). Fetch the whole pack.
error-date = “{ $text }” is not a date. Write it as 2026-01-31.
error-extra = This needs more packages ({ $reason } is missing). Install them: pip install 'cityshield[{ $extra }]'
error-corpus = There are no messages in { $path }. Name the folder of the corpus, or files of JSON Lines.
error-corpus-line = { $path } can't be read at line { $reason }. Each line is a JSON object with text and label.
pack-sound = The pack is sound: version { $version }, good until { $expires }.
pack-taken = Version { $version } of the pack is in use now.
pack-trusted = Packs signed by { $key }… are trusted now.

doctor-pack = Pack of messages
doctor-pack-version = version { $version }, good until { $expires }
doctor-pack-mend = The last good pack is in use. Fetch a new one: cityshield pack apply FILE

decisions-automatic = { $hosts ->
    [one] { $hosts } host is
   *[other] { $hosts } hosts are
  } listed by trusted sources. New blocks: { $blocked }. Blocks ended because the name is guarded: { $withdrawn }; because too few list it now: { $ended }.
decisions-verified = { $count ->
    [one] { $count } decision
   *[other] { $count } decisions
  } looked at; faults: { $faults }.
decision-approved = approved by { $name }, { $day }
decision-evidence = evidence: { $text }
decision-waits = { $count ->
    [one] waits for one more person’s approval
   *[other] waits for the approval of { $count } more people
  }
decision-ended = ended: { $reason }
zone-serves = Serving the zone { $zone } on { $host }, port { $port }. Configure a resolver: cityshield decisions resolver unbound
probe-held = held: { $name } ({ $answer })
probe-not-held = NOT HELD: { $name } ({ $answer })
probe-no-answer = no answer: { $name } ({ $answer })
probe-state-none = The resolver does not tell which state of the zone it holds.
probe-state-newest = The resolver holds the newest state of the zone ({ $serial }).
probe-state-older = The resolver holds an older state of the zone ({ $serial }); the newest is { $newest }.
probe-summary = { $held } of { $count } names are as decided.
fault-approvals = Decision { $id } ({ $value }) is in force without enough approvals by different people.
fault-end = Decision { $id } ({ $value }) is in force without an end, or past it.
fault-guarded = Decision { $id } blocks { $value } in DNS, which is guarded.
fault-zone = The zone and the decisions disagree about { $value }.
fault-audit = The audit is broken at entry { $id }.
error-target = “{ $text }” is no link and no name. Give a link, or a host name such as parcel-desk.example.
error-target-path = “{ $text }” is one link, not a name: leave out --scope { $scope }, or give the host alone.
error-target-name = “{ $text }” is no name that DNS can be asked for. Use --scope url for the link.
error-target-suffix = { $name } is a public suffix: others have their names below it. Name the one below that is meant.
error-decision-action = There is no action “{ $action }”. Use one of: { $actions }.
error-decision-reason = A decision needs a reason, of up to { $most } characters.
error-decision-days = A decision can’t last { $days } days. Give 1 to { $most }.
error-decision-again = Decision { $id } says the same of { $value } already. See: cityshield decisions show { $id }
error-decision-none = There is no decision { $id }. List them with: cityshield decisions list
error-decision-ended = Decision { $id } can’t be changed any more: it is { $state }.
error-approved-twice = { $name } has approved decision { $id } already. Another person has to.
error-guarded = { $name } is not blocked in DNS: { $entry } is guarded ({ $kind }, by { $by }). Warn of the single link instead, or block it with --scope url.
error-guard-class = There is no class “{ $kind }” of guarded names. Use one of: { $kinds }.
error-source-both = The source “{ $name }” lists indicators. A list of guarded names needs a source of its own.
error-token-env = The token in CITYSHIELD_TOKEN is unknown, expired or revoked.
error-zone-key = The key “{ $name }” in [zone] is no TSIG key: it needs a name, and a secret of 16 bytes or more in base64.
error-zone-setting = A setting in [zone] can’t be used: { $reason }.
error-resolver = “{ $text }” is no resolver. Give an address, and @PORT where it is not 53: 192.0.2.53@5353

feeds-guarded = Taken from { $source }: { $taken ->
    [one] { $taken } name is
   *[other] { $taken } names are
  } guarded ({ $guard }). Blocks ended because of it: { $withdrawn }.
feeds-trusted = { $source } counts now where trusted sources must agree.
feeds-trusted-no-more = { $source } counts no longer where trusted sources must agree.
error-zone-port = Port { $port } on { $host } can’t be used for the zone: { $reason }. Choose another one: zone.port in cityshield.toml.
error-prefix = “{ $prefix }” is no prefix. Send { $digits } hexadecimal digits: the first bytes of the SHA-256 of a look-up expression.
error-decision-state = There is no state “{ $state }”. Use some of: { $states }.
error-feed-large = This document is larger than { $mib } MiB. Split it.
error-feed-document = This is a document, but none that can be read: { $formats }. Name a --format of lines if it has lines.
error-approved-by-own = { $name } acts by a token that { $other } made, who has approved decision { $id } already. Let somebody else make the tokens of those who approve.
error-approved-by-made = { $other } approved decision { $id } by a token that { $name } made. Let somebody else approve, or make the tokens of those who do.
error-source-decides = The source “{ $name }” counts in decisions. Only an admin imports it over the API; on the machine use: cityshield feeds import
error-own-name = decisions.own names “{ $name }”, which is no host name. Give names such as city.example.

error-appeal-action = Decision { $id } stops nothing, so there is nothing to appeal against.
error-appeal-over = Decision { $id } is not in force, so there is nothing to appeal against.
error-appeal-claim = There is no claim “{ $claim }”. Use one of: { $claims }.
error-appeal-speaker = There is no speaker “{ $speaker }”. Use one of: { $speakers }.
error-appeal-outcome = There is no outcome “{ $outcome }”. Use one of: { $outcomes }.
error-appeal-state = There is no state “{ $state }”. Use some of: { $states }.
error-appeal-empty = Nothing was written. Say in a few words what this is about.
error-appeal-long = One of the texts is longer than { $most } characters. Keep what matters most.
error-appeal-often = You have written { $most } times already, which is the most. Wait for the answer.
error-appeal-full = Many people have appealed against decision { $id }, and it is being looked at. You can see on its page how it goes.
error-appeals-many = Too many appeals are waiting right now. Try again tomorrow, or write to the operator.
error-appeal-none = There is no appeal { $id }. List them with: cityshield appeals list
error-appeal-decided = Appeal { $id } can’t be changed any more: it is { $state }.
error-appeal-own = { $name } had a part in decision { $id }, so only somebody else may say that it was right. To admit that it was wrong: --outcome { $outcome }
appeal-asks = { $claim }: asks for { $wanted }
appeal-missing = not given yet: { $missing }
appeal-proof = control: look for { $proof } at { $places }
appeal-due = answer due { $when }
appeal-overdue = OVERDUE since { $when }
appeal-waits = waits for them until { $when }
error-not-signed-in = You are not signed in, or your session ended. Sign in again; nothing was done.
error-form-foreign = This form was not made for your session. Open the page again and repeat it; nothing was done.
error-none-chosen = No decision was chosen. Choose one or more first.
error-many-chosen = { $count } decisions are too many at once. Choose { $most } at most.
error-evidence-many = This is too much evidence. Give { $most } lines at most.
error-net = { $url } could not be fetched: { $reason }. Check the address and whether its server runs.
error-net-url = “{ $url }” is no address that can be fetched. Give one that starts with https:// or http://.
error-net-password = The address of { $url } holds a name or a password. Leave them out: addresses are shown and kept.
error-net-name = The name { $host } leads to no address: { $reason }. Check how it is written.
error-net-address = { $host } leads into a network that is not public ({ $address }). If it is yours, open it: net.allow in cityshield.toml.
error-net-allow = net.allow names no network: { $reason }. Write networks such as 10.1.0.0/16.
error-net-ca = The certificates in { $path } can’t be read: { $reason }. Correct net.ca in cityshield.toml.
error-sites-resolver = “{ $text }” is no resolver. Write its address in sites.resolvers, such as 192.0.2.53 or 192.0.2.53:53.
error-net-redirects = { $url } leads from one address to the next, more than { $most } times. Ask its owner for the right address.
error-net-downgrade = The server leads from https to { $url }, where anybody could change the list. Ask its owner for an address with https.
error-net-certificate = The certificate of { $url } can’t be trusted: { $reason }. If the server is yours, name its certificate: net.ca in cityshield.toml.
error-net-slow = { $url } was too slow and was given up: { $reason }. It is tried again later.
error-net-headers = { $url } sent headers without end. Ask its owner what is wrong.
error-net-large = { $url } sent more than { $mib } MiB. If that is right, raise net.max_bytes in cityshield.toml.
error-net-unpacked = The document is larger than { $mib } MiB when unpacked. If that is right, raise net.max_unpacked_bytes in cityshield.toml.
error-net-packed = The document is damaged, or packed in a way that can’t be read ({ $packer }). A zip may hold one file. Ask its owner.
error-net-encoding = { $url } is packed in a way that was not asked for ({ $encoding }). Ask its owner.
error-taxii-type = The server answered with “{ $type }”, which no TAXII 2.1 collection does. Give the address of the collection: https://HOST/API-ROOT/collections/ID/
error-taxii-envelope = The collection sent a page that can’t be read: { $reason }. Ask its owner what is wrong.
error-taxii-endless = The collection { $url } repeats itself, or goes on after { $pages } pages. Nothing of it was taken.
error-taxii-pin = A collection comes in pages that always differ, so it can’t be pinned. Leave out --sha256 and --key.
error-feed-again = There is a subscription “{ $name }” already. To change it: cityshield feeds remove, then add it again.
error-feed-none = There is no subscription “{ $name }”. List the sources with: cityshield feeds list
error-feed-not-held = Nothing of “{ $name }” is held. See: cityshield feeds show NAME
error-feed-held = What was held in { $path } is missing or damaged. Sync the feed again to hold it anew.
error-feed-nothing = The list of “{ $name }” is empty. Check its address.
error-feed-page = This is a web page, not a list. Check the address: the list itself may be behind a link on that page.
error-feed-status = The server answered with status { $status } for { $url }.
error-feed-digest = A digest is 64 hexadecimal digits, or an address where one stands; { $found } were found that could be meant.
error-feed-pin = The list is not the one that was pinned: its SHA-256 is { $found }…, not { $wanted }…. Nothing was taken.
error-feed-key = A public key of minisign is one line of 56 characters that starts with RW. It is the second line of its file.
error-feed-signature-form = The signature beside the list is none of minisign’s. Ask its owner to sign with: minisign -S
error-feed-signature = The list is not signed by the key that was given. Nothing was taken.
error-feed-disk = The disk of this machine failed: { $reason }. Make room, then try again.
error-feeds-busy = Another process syncs the feeds. Wait for it to end.
error-column = --column is for lists in columns: leave --format out, or give --format csv.
feeds-added = { $name } is subscribed to, every { $hours ->
    [one] hour
   *[other] { $hours } hours
  }. Fetch it now: cityshield feeds sync { $name }
feeds-sync-taken = { $name }: { $entries ->
    [one] { $entries } entry
   *[other] { $entries } entries
  }, of them new: { $new }; no longer listed: { $gone }.
feeds-sync-unchanged = { $name }: unchanged, { $entries ->
    [one] { $entries } entry
   *[other] { $entries } entries
  }.
feeds-sync-held-empty = { $name }: held, for the list is empty now; before, it had { $before ->
    [one] { $before } entry
   *[other] { $before } entries
  }. What it said before stays in force.
feeds-sync-held-grown = { $name }: held, for it has { $entries } entries now and { $before } before. What it said before stays in force.
feeds-sync-held-shrunk = { $name }: held, for it has only { $entries ->
    [one] { $entries } entry
   *[other] { $entries } entries
  } now and { $before } before. What it said before stays in force.
feeds-sync-held-now = Look at it: zcat { $path }. To take it: cityshield feeds release { $name }
feeds-sync-failed = { $name }: { $error } Next try: { $due }.
feeds-sync-none = Nothing is due.
feeds-released = { $name } was released: { $entries ->
    [one] { $entries } entry
   *[other] { $entries } entries
  }, of them new: { $new }; no longer listed: { $gone }.
error-report-none = There is no feed report yet. Make one: cityshield feeds report
doctor-feeds = Feeds
doctor-feeds-seen = { $count } subscribed to; held: { $held }; failing: { $failing }
doctor-feeds-mend = See why: cityshield feeds show { $name }
doctor-feeds-late = Nothing fetches them. Let a timer run: cityshield feeds sync --due

# The words of the command line. In English they are those that it is given, as in --state in-force.
decision-until = until { $day }
decision-approvals = { $count } of { $needed } approvals
decision-dry = (dry run)
appeal-decision = decision { $number }
appeal-and = { $some }, { $more }
appeal-gave = { $what }: { $text }
feeds-never = never
feeds-bad-lines = { $count ->
    [one] { $count } bad line
   *[other] { $count } bad lines
  }
feed-trusted = trusted
feed-guards = guards: { $kind }
feed-state-held = held: { $reason }
feed-state-failed = failed { $count } times
feed-state-new = not fetched yet
feed-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
  }
feed-days = { $count ->
    [one] { $count } day after it was last listed
   *[other] { $count } days after it was last listed
  }
feed-listed-at = { $at }, changed { $changed }
feed-held-at = { $at }, { $reason }: { $count ->
    [one] { $count } entry
   *[other] { $count } entries
  }
feed-counts = { $count } entries  +{ $new } -{ $gone }
feed-url = url
feed-state = state
feed-next = next
feed-every = every
feed-expires = expires
feed-role = role
feed-format = format
feed-reason = reason
feed-sha256 = sha256
feed-key = key
feed-tried = last try
feed-error = error
feed-entries = entries
feed-listed = listed
feed-etag = etag
feed-modified = modified
feed-document = document
feed-held = held
feed-held-file = held file
feed-added-after = read up to
token-state-expires = expires { $day }
token-state-revoked = revoked { $day }
token-state-lasts = does not expire
token-scopes-all = all of its role
word-yes = yes
word-url = url
word-host = host
word-domain = domain
word-block = block
word-warn = warn
word-allow = allow
word-proposed = proposed
word-in-force = in-force
word-refused = refused
word-expired = expired
word-removed = removed
word-open = open
word-need-more = need-more
word-upheld = upheld
word-granted = granted
word-lapsed = lapsed
word-wrong = wrong
word-mended = mended
word-owner = owner
word-visitor = visitor
word-other = other
word-cleaned = cleaned
word-new-owner = new-owner
word-mistake = mistake
word-else = else
word-found = found
word-closed = closed
word-rescan = rescan
word-since = since
word-purpose = purpose
word-reason = reason
word-control = control
word-dns = dns
word-file = file
word-page = page
word-popular = popular
word-platform = platform
word-shortener = shortener
word-bank = bank
word-government = government
word-emergency = emergency
word-own = own
word-malicious-activity = malicious-activity
word-benign = benign
word-taken = taken
word-unchanged = unchanged
word-held = held
word-failed = failed
word-empty = empty
word-grown = grown
word-shrunk = shrunk
word-reader = reader
word-analyst = analyst
word-operator = operator
word-admin = admin
sites-taken = Taken: { $taken } sites, of them new: { $new }. In the inventory now: { $sites }.
sites-duplicates = Named more than once: { $count }
sites-authorised = Visits allowed by: { $who }
sites-finding = since { $first }, last seen { $last } in run { $run }
sites-finding-gone = from { $first } until { $gone }
sites-opted-out = { $host } is never visited again.
sites-below-stay = Still visited: { $count ->
    [one] one name below it ({ $hosts })
   *[other] { $count } names below it (such as { $hosts })
  }. To leave these alone too, say it again with --below.
sites-opted-in = { $host } is visited again.
sites-is-out = never visited since { $day }: { $reason }
sites-removed = Taken out of the inventory: { $count }
sites-left = Run { $run } would visit { $count } sites that have no facts yet.
sites-run = Run { $run } ({ $profile }): { $count } sites to visit. Ctrl-C pauses.
sites-opens = Visits begin at { $at }, as sites.windows in cityshield.toml says. Waiting until then.
sites-pausing = Pausing: visits under way are being ended. Press again to stop at once.
sites-cut-off = No canary answers: it is we who are cut off. Waiting; no site is called dead meanwhile.
sites-back = A canary answers again: going on.
sites-run-done = Run { $run } is done: { $count } sites. See: cityshield sites report { $run }
sites-run-paused = Run { $run } is paused: { $done } of { $count } sites are done. Go on with: cityshield sites run --resume
sites-judged = Run { $run } was judged from kept facts; that was judgement { $times }.
sites-forgotten = Runs whose facts were deleted: { $count }
sites-plan = Would visit { $visits } sites with the profile { $profile }.
sites-plan-asks = That is { $requests } requests and { $connections } connections at the most.
sites-plan-takes = At this rate it takes { $minutes ->
    [one] a minute
   *[other] { $minutes } minutes
  } or more.
sites-plan-windows = Visits begin only at these times of day (UTC): { $windows }.
sites-plan-without = Not visited: out of scope { $outside }, opted out { $out }, visited not long ago { $fresh }.
error-sites-authorised = Say in --authorised-by who allows that these sites are visited, in up to 2,000 letters.
error-sites-no-line = No line of { $path } names a site ({ $count } could not be read). Check the file, or name another --format.
error-sites-host = “{ $text }” is no host name of a website. Give a name such as www.example.org.
error-sites-unknown = { $host } is not in the inventory. Import it first: cityshield sites import
error-sites-not-out = Nobody has opted { $host } out.
error-sites-nothing = There is nothing to visit. See what is in scope: cityshield sites list
error-sites-nothing-unfinished = No run is unfinished. Start one: cityshield sites run
error-sites-none-judged = No run has been judged yet. Start one: cityshield sites run
error-sites-no-run = There is no run { $run }. See: cityshield sites runs
error-sites-not-judged = Run { $run } was not judged yet. Judge what it has: cityshield sites judge { $run }
error-sites-canary = The canary { $host } is not in scope. Import it, or take it out of [census] in the settings.
error-sites-busy = Another process visits sites. Wait for it to end, or pause it with Ctrl-C.
error-sites-closed = Sites are visited only at these times of day (UTC): { $windows }. Try again then, or change sites.windows in cityshield.toml.
error-sites-judging = Another process judges or deletes runs. Wait for it to end, and run it again.
error-sites-lines = --lines judges what needs no visit. Import the list and start a run: cityshield sites import { $path }, then cityshield sites run
error-sites-no-newer = No run after { $run } was judged, so nothing can be said of what changed. Start one: cityshield sites run --profile quick
error-sites-agent = A visit must say who asks. Set in cityshield.toml, under [operator], contact (such as an e-mail address) or address (a page that explains the visits).
error-sites-hosters = Line { $number } of { $path } is no network with its company. Write it such as 203.0.113.0/24,City Hosting.
error-sites-history = What a run kept in { $path } can't be used: { $reason }. Check the disk and the permissions, or restore the folder.
error-sites-resume = --resume goes on with a run as it was planned. Leave out --targets, --older-than and --changed-since.
templates-taken = Taken: { $count } templates: { $pages } for pages, { $names } for DNS, { $certificates } for certificates.
templates-refused = Refused: { $count }
templates-asks = asks for ({ $protocol }): { $asks }
templates-file = from { $file }, SHA-256 { $sha256 }
templates-reference = more to read at { $host }
templates-told-yes = A site where it is true has a finding.
templates-told-inventory = It tells what is there, and no weakness: it stays among the facts.
templates-told-ours = No finding: a check of our own says the same.
templates-told-public = No finding: what it finds is meant to be public.
templates-told-by-hand = No finding: only a person can tell whether it is true.
templates-plan = Templates for pages: { $count }. Complete with the home page, the { $own } paths that are asked for anyhow, and more paths:
templates-plan-shared = The next paths they share: { $paths }
templates-removed = No template is in use any more.
template-alias = it points at other places in itself
template-attack = its path tries a hole instead of looking
template-body = it sends something
template-conditions = it has no conditions
template-expression = an expression can't be read
template-extractor = it takes something out to ask on with it
template-flow = it is a program
template-function = it needs a function that we have not
template-fuzzing = it tries many inputs
template-headers = it needs header fields of its own
template-id = its id is missing or odd
template-key = a key is not known or not well formed
template-matcher = a condition is of a kind that we have not
template-method = it needs another method than GET
template-out-of-band = it makes the site call somebody else
template-path = it asks for something else than a page of the site
template-pattern = RE2 does not take a pattern
template-payloads = it tries many inputs
template-protocol = it needs something else than pages, DNS and certificates
template-raw = its request is written out and is no plain GET
template-record = it asks DNS for something that is not kept
template-several-answers = it compares several answers
template-tags = it calls itself intrusive
template-too-large = it is too large
template-twice = another file has the same id
template-unsafe = it sends broken or racing requests
template-variables = it fills in values
template-version = it needs several versions of TLS at once
template-writes = its path may change something
template-yaml = it is no YAML that we take
error-templates-archive = { $path } can't be read to its end as an archive or a template ({ $reason }). Nothing was changed. Get the file again; it may be tar, tar.gz, zip, a folder or one .yaml file.
error-templates-too-much = More comes out of { $path } than is taken: { $files } files or { $mib } MiB. Give a folder of it.
error-templates-none = There is no .yaml file in { $path }. Give an archive or a folder of templates.
error-templates-kept = The compiled templates in { $path } can't be read. Import them again: cityshield sites templates import
error-templates-nothing = No templates are in use. Import some: cityshield sites templates import
error-templates-id = There is no template { $id }. See: cityshield sites templates list
lists-taken = Entries taken from { $kind }: { $count }; of software we recognise: { $used }.
lists-known = Known weaknesses of recognised software now: { $weaknesses }. The file takes { $size }.
lists-bad = Could not be read: { $count }
lists-bad-place = { $file }, { $place }: { $reason }
lists-bad-more = and { $count } more
lists-none = No list was imported yet, so no version is compared. See: cityshield sites versions import --help
lists-source = { $day }  { $kind }  { $file }: entries { $entries }, of software we recognise { $used }
lists-product = { $name }: weaknesses { $weaknesses }, known to be exploited { $exploited }, branches { $branches }
lists-old = The newest list of this kind is { $days } days old ({ $kind }). Import a fresh one.
lists-without = No list of this kind was imported: { $kind }. What it would tell is not known of any site.
lists-kind-kev = known exploited vulnerabilities
lists-kind-cve = CVE records
lists-kind-lifecycle = ends of support
lists-reason-damaged = it is packed, and damaged or locked. Fetch it again.
lists-reason-too-large = it is larger than 64 MiB in one piece. Give one record a line, in a file ending in .jsonl.
lists-reason-unreadable = { $detail }. Is it JSON as the publisher wrote it? Records one a line belong into a file ending in .jsonl.
lists-reason-strange = it is none of the lists we know: CVE records, CISA's KEV, endoflife.date.
lists-reason-no-number = it has no CVE number.
error-versions-file = The file { $file } in the folder “knowledge” can't be used: { $reason }. Make it anew: delete it, and import the lists again with cityshield sites versions import
error-lists-files = There are more than { $count } files. Import fewer at once, or one packed file.
error-lists-write = { $path } can't be written: { $reason }. Look at the disk and at whose folder it is.
error-lists-nothing = Nothing could be taken. Give CVE records, CISA’s KEV or data of endoflife.date, as they were published.
error-register = The register { $file } can't be used: line { $line }, { $reason }. It is CSV in UTF-8 with a first line that names the columns host, number and owner.
error-lists-busy = Another process imports lists. Wait for it to end.
