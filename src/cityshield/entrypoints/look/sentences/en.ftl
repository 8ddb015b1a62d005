# Sentences that all pages share. Written side by side with zh-Hans.ftl; neither is a translation of the other.

brand = CityShield
skip-to-content = Skip to the page
run-by = Run by { $operator }.
operator-contact = Reach us: { $contact }

cat-calm = Dundun the cat sits calmly, eyes half closed
cat-curious = Dundun the cat tilts her head and wonders
cat-alert = Dundun the cat sits upright, ears forward, on her guard
cat-alarm = Dundun the cat holds up her shield: stop
cat-relieved = Dundun the cat rests, eyes closed, relieved
