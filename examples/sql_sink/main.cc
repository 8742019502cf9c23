// How do I write what I read into a SQL database, each record exactly once, whatever crashes?
//
//   sql_sink localhost:9092 TOPIC FILE.db
//
// Results and offsets are stored in one transaction of the database, and reading goes on where the
// database says; the group only shares out the partitions. Sums up, by key, the numbers that the
// records of the topic hold, and ends when it has caught up.
#include <ottla/ottla.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

using ottla::TopicPartition;

// SQLite, as far as this needs it. What fails throws: a transaction that is under way is undone.
class Database {
 public:
  explicit Database(const char* path) {
    if (sqlite3_open(path, &db_) != SQLITE_OK) throw failure();
    sqlite3_busy_timeout(db_, 10'000);
    run("CREATE TABLE IF NOT EXISTS totals (key TEXT PRIMARY KEY, total INTEGER)");
    run("CREATE TABLE IF NOT EXISTS offsets (topic TEXT, partition INTEGER, next INTEGER,"
        " PRIMARY KEY (topic, partition))");
  }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) throw failure();
  }

  void add(std::string_view key, std::int64_t amount) {
    Statement add(*this,
                  "INSERT INTO totals VALUES (?1, ?2)"
                  " ON CONFLICT (key) DO UPDATE SET total = total + ?2");
    sqlite3_bind_text(add.get(), 1, key.data(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
    sqlite3_bind_int64(add.get(), 2, amount);
    add.step();
  }

  // Where to go on in a partition; the beginning of one that was never read.
  std::int64_t next_offset(const TopicPartition& of) {
    Statement find(*this, "SELECT next FROM offsets WHERE topic = ?1 AND partition = ?2");
    find.bind(of);
    return find.step() ? sqlite3_column_int64(find.get(), 0) : 0;
  }
  void set_next_offset(const TopicPartition& of, std::int64_t next) {
    Statement set(*this, "INSERT OR REPLACE INTO offsets VALUES (?1, ?2, ?3)");
    set.bind(of);
    sqlite3_bind_int64(set.get(), 3, next);
    set.step();
  }

 private:
  class Statement {
   public:
    Statement(Database& database, const char* sql) : database_(database) {
      const int code = sqlite3_prepare_v2(database.db_, sql, -1, &statement_, nullptr);
      if (code != SQLITE_OK) throw database.failure();
    }
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    sqlite3_stmt* get() { return statement_; }
    void bind(const TopicPartition& of) {
      sqlite3_bind_text(statement_, 1, of.topic.data(), static_cast<int>(of.topic.size()),
                        SQLITE_TRANSIENT);
      sqlite3_bind_int(statement_, 2, of.partition);
    }
    // True if there is a row.
    bool step() {
      const int code = sqlite3_step(statement_);
      if (code != SQLITE_ROW && code != SQLITE_DONE) throw database_.failure();
      return code == SQLITE_ROW;
    }

   private:
    Database& database_;
    sqlite3_stmt* statement_ = nullptr;
  };

  std::runtime_error failure() const { return std::runtime_error(sqlite3_errmsg(db_)); }

  sqlite3* db_ = nullptr;
};

// Partitions that come are read from where the database says.
class SeekToStored final : public ottla::ConsumerRebalanceListener {
 public:
  SeekToStored(ottla::Consumer& consumer, Database& database)
      : consumer_(consumer), database_(database) {}
  void on_partitions_assigned(const std::vector<TopicPartition>& partitions) override {
    for (const auto& partition : partitions) {
      consumer_.seek(partition, database_.next_offset(partition)).value();
    }
  }

 private:
  ottla::Consumer& consumer_;
  Database& database_;
};

// All of the batch, or nothing. A member that was taken for dead may come back and write what its
// successor has written already: records below what is stored are passed over, so that they count
// once.
void store(Database& database, const ottla::ConsumerRecords& batch) {
  database.run("BEGIN IMMEDIATE");
  try {
    for (const auto& part : batch.parts()) {
      const auto next = database.next_offset(part.partition);
      for (const auto& record : batch.records(part)) {
        if (record.offset() < next) continue;
        database.add(record.key(), std::atoll(std::string(record.value()).c_str()));
      }
      database.set_next_offset(part.partition, std::max(next, part.next_offset));
    }
    database.run("COMMIT");
  } catch (...) {
    database.run("ROLLBACK");
    throw;
  }
}

bool caught_up(const ottla::Consumer& consumer) {
  const auto partitions = consumer.assignment();
  return !partitions.empty() &&
         std::all_of(partitions.begin(), partitions.end(),
                     [&](const auto& partition) { return consumer.current_lag(partition) == 0; });
}

void sink(const char* servers, const char* topic, const char* file) {
  Database database(file);
  auto consumer = ottla::Consumer::open({
                                            .bootstrap_servers = servers,
                                            .group_id = "sql-sink",
                                            .group_instance_id = "sink-1",  // restarted, the same
                                            .enable_auto_commit = false,
                                            .auto_offset_reset = ottla::AutoOffsetReset::none,
                                            .max_poll_records = 100,
                                        })
                      .value();
  consumer.subscribe({topic}, std::make_shared<SeekToStored>(consumer, database)).value();
  std::size_t stored = 0;
  while (!caught_up(consumer)) {
    const auto batch = consumer.poll(std::chrono::milliseconds(100)).value();
    if (batch.empty()) continue;
    store(database, batch);
    std::cout << "stored " << (stored += batch.size()) << std::endl;
  }
  consumer.close().value();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: sql_sink BOOTSTRAP_SERVERS TOPIC FILE.db\n";
    return 2;
  }
  try {
    sink(argv[1], argv[2], argv[3]);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
