report-title = What our feeds are worth
report-lead = { $operator }, { $at }: { $hosts } hosts and files from { $feeds } feeds.
report-none = There is no feed to compare yet. Add one: cityshield feeds add NAME URL
report-numbers = The numbers
report-feed = Feed
report-entries = Entries
report-hosts = Hosts
report-share = Share
report-unique = What only one feed knows
report-unique-why = The share of a feed’s hosts that no other feed lists. A feed without any could be left out.
report-unique-of = { $name }: { $share } of its hosts are listed nowhere else
report-only-here = Only here
report-overlap = What feeds share
report-overlap-why = Each row is a feed: the stronger the colour of a square, the more of its hosts are in the feed of that column too.
report-first = Who is first
report-first-why = Of the hosts that other feeds list too: how often a feed had it first, and by how much in the median. Only hosts whose day is known from each feed count.
report-first-none = No host is known from two feeds with its day yet. This fills as feeds are synced.
report-first-of = { $name }: first with { $share } of the hosts it shares
report-compared = Compared
report-first-on = First
report-lead-time = Ahead by (median)
report-guarded = Guarded names
report-guarded-why = Hosts that a guard list names: popular sites, banks, offices. They are never blocked in DNS, and most are mistakes.
report-guarded-none = No feed lists a guarded name.
report-fresh = How fresh they are
report-fresh-why = What a feed still lists, and what it has not listed for { $days } days and more.
report-fresh-of = { $name }: { $share } listed at the last import, { $stale } stale
report-seen = listed at the last import
report-not-seen = not listed at the last import
report-stale = not for { $days } days
report-age = Known days ({ $share })
report-seen-at = Last import
report-changed = last new: { $day }
report-changed-at = Last new
report-course = Over time
report-course-why = Entries at each day’s last sync.
report-course-none = There is no history yet: it starts with cityshield feeds sync.
report-course-of = { $name }: { $count } entries at the last sync
report-day = Day
report-new = New
report-gone = Gone
report-hours = { $count } h
report-days = { $count } days
report-written = The report is in { $path }.
report-short = The overlap: of each feed’s hosts, how many are in the feed of that number.

# The report of a run through websites.
report-census-title = How safe are our websites?
report-census-by = By { $operator }, run { $run }, { $at }. Only what anybody could see was looked at; nothing was tried.
report-census-lead = Run { $run }: { $count } sites, { $judged } of them judged.
report-census-broken-lead = Signs of a break-in: { $count ->
    [one] 1 site
   *[other] { $count } sites
  }.
report-census-none = No site has been judged yet.
report-census-sites = Sites
report-census-site = Site
report-census-owner = Owner
report-census-judged = Judged
report-census-severe = With a serious fault
report-census-broken = With signs of a break-in
report-census-without = Without a result
report-census-grade = Grade
report-census-grades = Grades
report-census-grades-why = A is the best. Serious faults weigh the most.
report-census-ungraded = Without a grade, because too little could be seen: { $count }
report-census-first = What to mend first
report-census-first-why = The worst faults, and among them those on the most sites. Below each is what its owner can do now. Where a sentence names a site, a file or a number, it is that of one site, as an example.
report-census-clean = No faults were found.
report-census-on = { $number ->
    [one] on { $count } site
   *[other] on { $count } sites
  }
report-census-first-short = What to mend first. Names and numbers are those of one site, as an example.
report-census-what = What is wrong
report-census-check = Check
report-census-severity = How bad
report-census-severities = How bad it is
report-census-severities-why = Sites with at least one fault of each kind. A site with several kinds counts in each.
report-census-owners = By owner
report-census-sectors = By sector
report-census-districts = By district
report-census-shares-why = The bar shows the grades of their sites. Those with the most serious faults come first.
report-census-severe-of = { $severe } of { $count } with a serious fault
report-census-third = Whose scripts run on our sites
report-census-third-why = Outside hosts that pages load scripts from. If one of them is broken into, every site here that uses it is too. “Unchecked” are sites whose visitors’ browsers would run a changed script all the same.
report-census-third-host = Outside host
report-census-unpinned = Unchecked
report-census-worst = Sites in greatest need
report-census-worst-why = The { $count } sites with the most serious faults, and how many faults each has.
report-census-why = Why there is no result
report-census-why-why = A site without a result is neither good nor bad: nothing is known of it.
report-census-code = Code
report-census-asked = What we asked for
report-census-asked-how = { $requests } requests and { $connections } connections in all, { $mib } MiB received; that is { $each } requests for each judged site.
report-census-same = Parked: { $parked }. For sale: { $for_sale }. Showing a page that other sites show too: { $alike } ({ $pages ->
    [one] 1 such page
   *[other] { $pages } such pages
  }).
report-census-polite = By this run's own log, no address ever had more requests and connections under way than { $at_once } (allowed: { $allowed_at_once }), or more begun within a second than { $per_s } (allowed: { $allowed_per_s }): { $lines } lines, { $addresses } addresses.
report-census-not-polite = This run's own log shows more than was allowed: { $at_once } at once with { $worst_at_once } (allowed: { $allowed_at_once }), { $per_s } within a second with { $worst_per_s } (allowed: { $allowed_per_s }). Please report this as a fault of CityShield.
report-census-again = Visits that were put off because we were cut off: { $count }
report-census-compared = Run { $before } and run { $after }: { $count } sites have a result in both.
report-census-moved = Better grade: { $better } sites. Worse grade: { $worse } sites.
report-census-only = Only in the earlier run: { $before } sites. Only in the later one: { $after } sites.
report-census-less-asked = The later run asked less of each site, so what it did not find need not be gone.
report-census-new = New
report-census-gone = Gone
report-census-still = Still
