# Throw-away PostgreSQL, Redis and chromedriver for tests/run and tests/bench/run; sourced, never run.
#
# Everything lives in one temporary directory and is reached through ports and sockets of its own, so that a
# database already running on the machine is never touched. `services_stop` ends and removes all of it.

services_dir=''
services_groups=()    # process groups to end, one per started program
services_cluster=''   # data directory of the PostgreSQL cluster, while it runs

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# services_begin [FOLDER]: makes the temporary directory, below FOLDER or TMPDIR or /tmp.
services_begin() {
  local base=${1:-${TMPDIR:-/tmp}}
  # A unix socket's path may have 107 bytes: a long TMPDIR would not do.
  # As root the cluster belongs to user postgres, who must be able to reach it.
  if [ $# -eq 0 ] && { [ "${#base}" -gt 40 ] || [ "$(id -u)" -eq 0 ]; }; then base=/tmp; fi
  services_dir=$(mktemp -d "$base/tongyao-tests.XXXXXX") || die "no temporary directory below $base"
  chmod 755 "$services_dir"
}

services_stop() {
  if [ -n "$services_cluster" ]; then
    as_postgres "$(postgres_bin)/pg_ctl" stop -D "$services_cluster" -m immediate -s >/dev/null 2>&1 || true
    services_cluster=''
  fi
  local group
  for group in "${services_groups[@]}"; do end_group "$group"; done
  services_groups=()
  # Files may still be written by a process that is just ending.
  [ -z "$services_dir" ] || rm -rf "$services_dir" 2>/dev/null || { sleep 1; rm -rf "$services_dir"; }
  services_dir=''
}

# Ends a process group: asks, waits up to five seconds, insists.
end_group() {
  kill -TERM -- "-$1" 2>/dev/null || return 0
  local try
  for try in $(seq 50); do
    kill -0 -- "-$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$1" 2>/dev/null || true
}

# --- what must be installed -------------------------------------------------------------------------------

postgres_bin() {
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  if [ -x "$found/initdb" ]; then
    printf '%s\n' "$found"
  elif command -v initdb >/dev/null; then
    dirname "$(command -v initdb)"
  else
    return 1
  fi
}

has_chinese_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh-cn 2>/dev/null)" ]; }

# need postgres redis browser pages interop: installs the Debian packages that are missing for these.
need() {
  local missing=() what tool
  for what in "$@"; do
    case $what in
      postgres) postgres_bin >/dev/null || missing+=(postgresql) ;;
      redis) command -v redis-server >/dev/null || missing+=(redis-server) ;;
      browser)
        command -v chromium >/dev/null || missing+=(chromium)
        command -v chromedriver >/dev/null || missing+=(chromium-driver)
        has_chinese_font || missing+=(fonts-noto-cjk fontconfig) ;;
      pages) command -v npm >/dev/null || missing+=(nodejs npm) ;;
      interop)
        [ -e /usr/lib/apache2/modules/mod_auth_openidc.so ] || missing+=(apache2 libapache2-mod-auth-openidc)
        command -v npm >/dev/null || missing+=(nodejs npm)
        for tool in curl openssl xxd; do command -v "$tool" >/dev/null || missing+=("$tool"); done
        python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv) ;;
    esac
  done
  [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

install_packages() {
  local root=()
  command -v apt-get >/dev/null || die "missing: $*; install them (this script only knows Debian's apt-get)"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing: $*; install them as root: apt-get install $*"
    root=(sudo)
  fi
  say "installing: $*"
  "${root[@]}" apt-get update -q >&2 || die "apt-get update failed: see its last lines above"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends "$@" >&2 \
    || die "apt-get install $* failed: see its last lines above"
}

# install_clients: the foreign clients of tests/interop, in the versions written down there; sets python_path.
install_clients() {
  local clients=tests/interop/clients wanted
  python_path="$PWD/target/interop/venv/bin/python"
  wanted=$(cat "$clients/requirements.txt" "$clients/package-lock.json" | sha256sum)
  if [ -x "$python_path" ] && [ -d "$clients/node_modules" ] && [ "$wanted" = "$(cat target/interop/installed 2>/dev/null)" ]; then
    return
  fi
  say 'installing the foreign clients of tests/interop'
  mkdir -p target/interop
  python3 -m venv target/interop/venv >&2 || die 'python3 -m venv failed: see its last lines above'
  "$python_path" -m pip install -q --disable-pip-version-check -r "$clients/requirements.txt" >&2 \
    || die 'pip install failed: see its last lines above'
  npm ci --prefix "$clients" --no-fund --no-audit --loglevel=error >&2 || die 'npm ci failed: see its last lines above'
  printf '%s\n' "$wanted" >target/interop/installed
}

# install_axe: what tests/pages looks with, in the version written down there.
install_axe() {
  local pages=tests/pages wanted
  wanted=$(sha256sum <"$pages/package-lock.json")
  if [ -d "$pages/node_modules" ] && [ "$wanted" = "$(cat target/pages-installed 2>/dev/null)" ]; then return; fi
  say 'installing axe-core for tests/pages'
  mkdir -p target
  npm ci --prefix "$pages" --no-fund --no-audit --loglevel=error >&2 || die 'npm ci failed: see its last lines above'
  printf '%s\n' "$wanted" >target/pages-installed
}

# --- starting ---------------------------------------------------------------------------------------------

# Runs a command as user postgres when we are root, because initdb and postgres refuse root.
as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && exec runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

# A port nobody listens on, below the range the kernel hands out by itself.
free_port() {
  local port
  while :; do
    port=$((15000 + (RANDOM * 32768 + RANDOM) % 15000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s\n' "$port"; return; }
  done
}

random_word() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# start_postgres forgetful|durable: sets database_url.
# `forgetful` switches fsync off: right for tests, which throw the cluster away and never cut the power.
# `durable` keeps it on: what the bench measures is what a commit really costs.
start_postgres() {
  local bin data="$services_dir/postgres/data" sockets="$services_dir/postgres" port='' password try
  local settings=(-c listen_addresses=127.0.0.1 -c max_connections=300 -c shared_buffers=128MB
    -c log_min_messages=warning -c logging_collector=off)
  case $1 in
    forgetful) settings+=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off) ;;
    # No second server reads the log, so that what fills a new table need not be logged.
    durable) settings+=(-c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB) ;;
    *) die "start_postgres: forgetful or durable, not $1" ;;
  esac
  bin=$(postgres_bin) || die 'PostgreSQL is not installed (Debian: apt-get install postgresql)'
  if [ "$(id -u)" -eq 0 ] && ! id postgres >/dev/null 2>&1; then
    die 'there is no user postgres, and PostgreSQL refuses to run as root'
  fi
  password=$(random_word)
  mkdir -m 700 "$sockets"
  printf '%s' "$password" >"$sockets/password"
  [ "$(id -u)" -ne 0 ] || chown -R postgres "$sockets"
  # Plain `password`: over loopback, without the thousands of hash rounds a scram login costs every test.
  as_postgres "$bin/initdb" -D "$data" -U tongyao --pwfile="$sockets/password" --auth=password \
    --encoding=UTF8 --locale=C --no-sync >"$services_dir/initdb.log" 2>&1 \
    || { cat "$services_dir/initdb.log" >&2; die 'initdb failed'; }
  for try in 1 2 3; do
    port=$(free_port)
    if as_postgres "$bin/pg_ctl" start -D "$data" -w -s -l "$sockets/postgres.log" \
      -o "-p $port -k $sockets ${settings[*]}"; then
      services_cluster=$data
      database_url="postgres://tongyao:$password@127.0.0.1:$port/postgres"
      return
    fi
  done
  cat "$sockets/postgres.log" >&2
  die 'PostgreSQL did not start: its log is above'
}

# start_redis: sets redis_url. No port at all, only a socket; nothing is written to disk.
start_redis() {
  local socket="$services_dir/redis.sock" try
  command -v redis-server >/dev/null || die 'Redis is not installed (Debian: apt-get install redis-server)'
  setsid redis-server --port 0 --unixsocket "$socket" --unixsocketperm 700 --dir "$services_dir" \
    --save '' --appendonly no >"$services_dir/redis.log" 2>&1 &
  services_groups+=("$!")
  for try in $(seq 100); do
    if [ -S "$socket" ]; then
      redis_url="redis+unix://$socket"
      return
    fi
    sleep 0.1
  done
  cat "$services_dir/redis.log" >&2
  die 'Redis did not start: its log is above'
}

# start_chromedriver: sets chromedriver_url and chromium_path. The driver chooses its own free port.
start_chromedriver() {
  local log="$services_dir/chromedriver.log" port='' try
  chromium_path=$(command -v chromium) || die 'Chromium is not installed (Debian: apt-get install chromium)'
  command -v chromedriver >/dev/null || die 'chromedriver is missing (Debian: apt-get install chromium-driver)'
  TMPDIR="$services_dir" setsid chromedriver --port=0 >"$log" 2>&1 &
  services_groups+=("$!")
  for try in $(seq 100); do
    port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$log" 2>/dev/null)
    if [ -n "$port" ]; then
      chromedriver_url="http://127.0.0.1:$port"
      return
    fi
    sleep 0.1
  done
  cat "$log" >&2
  die 'chromedriver did not start: its log is above'
}
