-- PowerDNS Recursor 4.8 and newer: for the file that lua-config-file names.
-- - The Recursor takes no notice of a change (NOTIFY) for such zones: it asks every refresh seconds.
-- - It keeps whole answers in its packet cache: set packetcache-ttl=2 in recursor.conf, or an
--   un-block is seen only when that cache forgets.
-- - Memory: about 220 MB for a million names; a restart asks for a full transfer.
rpzPrimary("$host:$port", "$zone", {refresh=1, maxReceivedMBytes=1000})
