//! Items in Redis, for the hot tier.
//!
//! All that is asked is asked by scripts that first look at the epoch: whoever takes the store over
//! sets another one, and so does a Redis that has forgotten everything, for it has none.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use redis::{
    Client, FromRedisValue, RedisError, RedisResult, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use crate::memory::{Entry, Held, Item, Store, StoreError};

const EPOCH: &str = "auren:epoch";
/// A hash of keys and items as JSON.
const ITEMS: &str = "auren:items";
/// The size of all that is in the hash.
const BYTES: &str = "auren:bytes";
/// The keys by the time at which they were first remembered.
const CREATED: &str = "auren:created";

const GUARD: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return redis.error_reply('FENCED it was taken over, or has forgotten everything')
end
local key, value = ARGV[2], ARGV[3]
";

const PUT: &str = "
local before = redis.call('HSTRLEN', KEYS[2], key)
redis.call('HSET', KEYS[2], key, value)
redis.call('INCRBY', KEYS[3], #value - before)
redis.call('ZADD', KEYS[4], ARGV[4], key)
return 1";

const GET: &str = "return redis.call('HGET', KEYS[2], key)";

const REMOVE: &str = "
local before = redis.call('HSTRLEN', KEYS[2], key)
if redis.call('HDEL', KEYS[2], key) == 1 then
    redis.call('DECRBY', KEYS[3], before)
    redis.call('ZREM', KEYS[4], key)
end
return 1";

const SEARCH: &str = "
local found = {}
for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
    if string.find(name, key, 1, true) then table.insert(found, name) end
end
table.sort(found)
local items = {}
for index = 1, math.min(#found, tonumber(value)) do
    items[index] = redis.call('HGET', KEYS[2], found[index])
end
return items";

const HELD: &str = "
local oldest = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
return {redis.call('HLEN', KEYS[2]), tonumber(redis.call('GET', KEYS[3]) or '0'), oldest[2] or false}";

const LIST: &str = "return redis.call('HVALS', KEYS[2])";

/// Items in Redis.
pub struct Redis {
    connection: ConnectionManager,
    /// What the store was last taken over with; nothing before that.
    epoch: Mutex<String>,
    scripts: Scripts,
}

struct Scripts {
    put: Script,
    get: Script,
    remove: Script,
    search: Script,
    held: Script,
    list: Script,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}

fn unavailable(error: RedisError) -> StoreError {
    // Not its own text, which may have the address in it.
    let why = match error.detail() {
        Some(detail) if error.code() == Some("FENCED") => detail.to_owned(),
        _ => error.category().to_owned(),
    };
    StoreError::Unavailable(why)
}

impl Redis {
    /// A store at an address as `redis://127.0.0.1:6379/0`; it connects when it is first asked.
    ///
    /// # Errors
    ///
    /// Where that is no address.
    pub fn new(url: &str, patience: Duration) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(patience))
            .set_response_timeout(Some(patience));
        let script = |body: &str| Script::new(&format!("{GUARD}{body}"));
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?,
            epoch: Mutex::default(),
            scripts: Scripts {
                put: script(PUT),
                get: script(GET),
                remove: script(REMOVE),
                search: script(SEARCH),
                held: script(HELD),
                list: script(LIST),
            },
        })
    }

    /// The connection, to be used beside this.
    pub fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        arguments: &[&str],
    ) -> Result<T, StoreError> {
        let epoch = self
            .epoch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut call = script.prepare_invoke();
        call.key(EPOCH)
            .key(ITEMS)
            .key(BYTES)
            .key(CREATED)
            .arg(epoch);
        for argument in arguments {
            call.arg(*argument);
        }
        let mut connection = self.connection.clone();
        call.invoke_async(&mut connection)
            .await
            .map_err(unavailable)
    }
}

fn read(json: &str) -> Result<Item, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Corrupt(error.to_string()))
}

#[async_trait]
impl Store for Redis {
    fn name(&self) -> &'static str {
        "Redis"
    }

    async fn take_over(&self) -> Result<Vec<Entry>, StoreError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(StoreError::unavailable)?;
        let epoch = format!("{:032x}", u128::from_le_bytes(random));
        let mut connection = self.connection.clone();
        redis::cmd("SET")
            .arg(EPOCH)
            .arg(&epoch)
            .exec_async(&mut connection)
            .await
            .map_err(unavailable)?;
        *self.epoch.lock().unwrap_or_else(PoisonError::into_inner) = epoch;
        let items: Vec<String> = self.run(&self.scripts.list, &[]).await?;
        items.iter().map(|json| Ok(read(json)?.entry)).collect()
    }

    async fn put(&self, item: &Item) -> Result<(), StoreError> {
        let json = serde_json::to_string(item).map_err(StoreError::unavailable)?;
        let created = item.entry.created.to_string();
        let arguments = [item.entry.key.as_str(), &json, &created];
        self.run(&self.scripts.put, &arguments).await
    }

    async fn get(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let json: Option<String> = self.run(&self.scripts.get, &[key]).await?;
        json.as_deref().map(read).transpose()
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.run(&self.scripts.remove, &[key]).await
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
        let limit = limit.to_string();
        let items: Vec<String> = self.run(&self.scripts.search, &[text, &limit]).await?;
        items.iter().map(|json| read(json)).collect()
    }

    async fn held(&self) -> Result<Held, StoreError> {
        let (items, bytes, oldest): (u64, u64, Option<f64>) =
            self.run(&self.scripts.held, &[]).await?;
        Ok(Held {
            items,
            bytes,
            oldest: oldest.map(|oldest| oldest as i64),
        })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.connection.clone();
        let ping = redis::cmd("PING");
        ping.exec_async(&mut connection).await.map_err(unavailable)
    }
}
