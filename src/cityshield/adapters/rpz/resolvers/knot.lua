-- Knot Resolver 5: for kresd.conf. It reads a zone file whole and looks whether the file changed,
-- so write it beside and move it into place:
--   cityshield decisions export --format rpz --output /etc/knot-resolver/$zone.zone
-- - It watches the file with lua-cqueues (a Debian package of that name).
-- - A change is seen after that export, and each costs a full reading (10 s at a million names).
policy.add(policy.rpz(policy.DENY, "/etc/knot-resolver/$zone.zone", true))
