-- The first byte says what is held: `L` live, `U` used; then whose it is.
local entry, ledger = KEYS[1], KEYS[2]
local by, trace, remembered = ARGV[1], ARGV[2], tonumber(ARGV[3])
local held = redis.call('GET', entry)
if not held then return nil end
if string.sub(held, 2, 1 + #by) ~= by then return 'O' end
if string.sub(held, 1, 1) == 'L' then
  redis.call('SET', entry, 'U' .. by .. trace, 'PX', remembered)
  become(ledger, entry, by .. trace, now() + remembered)
end
return held
