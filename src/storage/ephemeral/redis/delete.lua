redis.call('DEL', KEYS[1])
leave(KEYS[2], KEYS[1])
