-- Who has how much of what gives way, beside the entries themselves. Kept are:
--   a hash `ledger`: for each entry its weight, kind and owner; for each kind what there is of it; the last turn;
--   a sorted set for each kind: its entries by when they expire;
--   a sorted set for each kind: its owners by how much they have;
--   a sorted set for each owner: their entries by turn, the oldest first.
local function owners_of(kind) return kind .. '#owners' end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function weigh(entry, text) return #entry + #text + 400 end

local function line_of(ledger, entry)
  local line = redis.call('HGET', ledger, entry)
  if not line then return nil end
  return string.match(line, '^(%d+)\n([^\n]*)\n(.*)$')
end

local function write(ledger, entry, weight, kind, owner)
  redis.call('HSET', ledger, entry, weight .. '\n' .. kind .. '\n' .. owner)
end

local function add(ledger, kind, owner, weight)
  redis.call('HINCRBY', ledger, kind, weight)
  if tonumber(redis.call('ZINCRBY', owners_of(kind), weight, owner)) <= 0 then
    redis.call('ZREM', owners_of(kind), owner)
  end
end

local function enter(ledger, entry, share, weight, expires)
  local kind, owner = share[1], share[2]
  write(ledger, entry, weight, kind, owner)
  add(ledger, kind, owner, weight)
  redis.call('ZADD', kind, expires, entry)
  redis.call('ZADD', owner, redis.call('HINCRBY', ledger, 'turn', 1), entry)
end

local function leave(ledger, entry)
  local weight, kind, owner = line_of(ledger, entry)
  if not weight then return end
  redis.call('HDEL', ledger, entry)
  add(ledger, kind, owner, -weight)
  redis.call('ZREM', kind, entry)
  redis.call('ZREM', owner, entry)
end

-- In the same place: a trace is where that was which it is of.
local function become(ledger, entry, text, expires)
  local before, kind, owner = line_of(ledger, entry)
  if not before then return end
  local weight = weigh(entry, text)
  write(ledger, entry, weight, kind, owner)
  add(ledger, kind, owner, weight - before)
  redis.call('ZADD', kind, expires, entry)
end
