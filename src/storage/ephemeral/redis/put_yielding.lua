local entry, ledger, share = KEYS[1], KEYS[2], {KEYS[3], KEYS[4]}
local text, lifetime, most, most_of_one = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kind, owner = share[1], share[2]
local weight, now = weigh(entry, text), now()

-- Whether there was one. What has no line is not counted either: a ledger that lost some is not waited for.
local function yield_oldest(of)
  local oldest = redis.call('ZRANGE', of, 0, 0)[1]
  if not oldest then
    redis.call('ZREM', owners_of(kind), of)
    return false
  end
  redis.call('DEL', oldest)
  leave(ledger, oldest)
  redis.call('ZREM', of, oldest)
  return true
end

local function of_one() return tonumber(redis.call('ZSCORE', owners_of(kind), owner) or 0) end
local function of_all() return tonumber(redis.call('HGET', ledger, kind) or 0) end
local function heaviest() return redis.call('ZREVRANGE', owners_of(kind), 0, 0)[1] end

leave(ledger, entry)
-- Some of those that have expired are written off each time, so that none stays for good and no call takes long.
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', kind, '-inf', now, 'LIMIT', 0, 20)) do
  leave(ledger, gone)
  redis.call('ZREM', kind, gone)
end
while of_one() + weight > most_of_one and yield_oldest(owner) do end
while of_all() + weight > most do
  local most_laden = heaviest()
  if not most_laden then
    redis.call('HDEL', ledger, kind)
    break
  end
  yield_oldest(most_laden)
end
redis.call('SET', entry, 'L' .. text, 'PX', lifetime)
enter(ledger, entry, share, weight, now + lifetime)
