// How do I make what is in topics searchable?
//
//   log_search index localhost:9092 FILE.db TOPIC...     reads on from where it was, to the end
//   log_search find FILE.db WORDS                        in the syntax of SQLite's FTS5
//
// With log_collector before it: collect, queue, index and search on one machine. Lines and offsets
// are stored in one transaction of the database, so each line is there once, whatever crashes.
#include <ottla/ottla.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using ottla::TopicPartition;

// SQLite, as far as this needs it. What fails throws.
class Index {
 public:
  explicit Index(const std::string& path) {
    sqlite3* db = nullptr;
    const int code = sqlite3_open(path.c_str(), &db);
    db_.reset(db);
    if (code != SQLITE_OK) throw failure();
    sqlite3_busy_timeout(db, 10'000);
    run("CREATE VIRTUAL TABLE IF NOT EXISTS lines USING fts5"
        " (line, file, topic UNINDEXED, partition UNINDEXED, offset UNINDEXED)");
    run("CREATE TABLE IF NOT EXISTS offsets (topic TEXT, partition INTEGER, next INTEGER,"
        " PRIMARY KEY (topic, partition))");
  }

  void run(const char* sql) {
    if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) throw failure();
  }

  void add(const TopicPartition& from, const ottla::RecordView& record) {
    const Statement add(*this, "INSERT INTO lines VALUES (?1, ?2, ?3, ?4, ?5)");
    add.bind(1, record.value()).bind(2, record.key()).bind(3, from.topic);
    add.bind(4, from.partition).bind(5, record.offset()).step();
  }

  // The beginning of a partition that was never read.
  std::int64_t next_offset(const TopicPartition& of) {
    const Statement find(*this, "SELECT next FROM offsets WHERE topic = ?1 AND partition = ?2");
    find.bind(1, of.topic).bind(2, of.partition);
    return find.step() ? find.number(0) : 0;
  }
  void set_next_offset(const TopicPartition& of, std::int64_t next) {
    const Statement set(*this, "INSERT OR REPLACE INTO offsets VALUES (?1, ?2, ?3)");
    set.bind(1, of.topic).bind(2, of.partition).bind(3, next).step();
  }

  // Prints what holds the words, the best first.
  std::size_t find(std::string_view words) {
    const Statement find(
        *this, "SELECT file, line FROM lines WHERE lines MATCH ?1 ORDER BY rank LIMIT 50");
    find.bind(1, words);
    std::size_t found = 0;
    for (; find.step(); ++found) std::cout << find.text(0) << ": " << find.text(1) << '\n';
    return found;
  }

 private:
  class Statement {
   public:
    Statement(Index& index, const char* sql) : index_(index) {
      sqlite3_stmt* made = nullptr;
      const int code = sqlite3_prepare_v2(index.db_.get(), sql, -1, &made, nullptr);
      statement_.reset(made);
      if (code != SQLITE_OK) throw index.failure();
    }
    const Statement& bind(int at, std::string_view text) const {
      sqlite3_bind_text(statement_.get(), at, text.data(), static_cast<int>(text.size()),
                        SQLITE_TRANSIENT);
      return *this;
    }
    const Statement& bind(int at, std::int64_t number) const {
      sqlite3_bind_int64(statement_.get(), at, number);
      return *this;
    }
    // True if there is a row.
    bool step() const {
      const int code = sqlite3_step(statement_.get());
      if (code != SQLITE_ROW && code != SQLITE_DONE) throw index_.failure();
      return code == SQLITE_ROW;
    }
    std::int64_t number(int column) const { return sqlite3_column_int64(statement_.get(), column); }
    std::string_view text(int column) const {
      const auto* bytes =
          reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
      const auto size = sqlite3_column_bytes(statement_.get(), column);
      return bytes == nullptr ? std::string_view()
                              : std::string_view(bytes, static_cast<std::size_t>(size));
    }

   private:
    struct Finalize {
      void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    Index& index_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  };
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
  };

  std::runtime_error failure() const { return std::runtime_error(sqlite3_errmsg(db_.get())); }

  std::unique_ptr<sqlite3, Close> db_;
};

// All of the batch, or nothing.
void store(Index& index, const ottla::ConsumerRecords& batch) {
  index.run("BEGIN IMMEDIATE");
  try {
    for (const auto& part : batch.parts()) {
      for (const auto& record : batch.records(part)) index.add(part.partition, record);
      index.set_next_offset(part.partition, part.next_offset);
    }
    index.run("COMMIT");
  } catch (...) {
    index.run("ROLLBACK");
    throw;
  }
}

std::vector<TopicPartition> partitions_of(const char* servers, std::vector<std::string> topics) {
  auto admin = ottla::Admin::open({.bootstrap_servers = servers}).value();
  const auto described = admin.describe_topics(std::move(topics)).get().value();
  std::vector<TopicPartition> partitions;
  for (const auto& [topic, description] : described) {
    for (const auto& partition : description.value().partitions) {
      partitions.push_back({topic, partition.partition});
    }
  }
  return partitions;
}

void index_topics(const char* servers, const char* file, std::vector<std::string> topics) {
  Index index(file);
  const auto partitions = partitions_of(servers, std::move(topics));
  // What a transaction has not committed is not there yet.
  auto consumer = ottla::Consumer::open({.bootstrap_servers = servers,
                                         .auto_offset_reset = ottla::AutoOffsetReset::earliest,
                                         .isolation_level = ottla::IsolationLevel::read_committed})
                      .value();
  const auto ends = consumer.end_offsets(partitions).get().value();
  consumer.assign(partitions).value();
  for (const auto& each : partitions) consumer.seek(each, index.next_offset(each)).value();
  const auto at_the_end = [&](const auto& each) {
    return consumer.position(each.first).get().value() >= each.second;
  };
  std::size_t indexed = 0;
  while (!std::all_of(ends.begin(), ends.end(), at_the_end)) {
    const auto batch = consumer.poll(std::chrono::milliseconds(1000)).value();
    if (!batch.empty()) store(index, batch);
    indexed += batch.size();
  }
  std::cout << "indexed " << indexed << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view action = argc > 1 ? argv[1] : "";
  try {
    if (action == "index" && argc >= 5) {
      index_topics(argv[2], argv[3], {argv + 4, argv + argc});
    } else if (action == "find" && argc == 4) {
      return Index(argv[2]).find(argv[3]) > 0 ? 0 : 1;
    } else {
      std::cerr << "usage: log_search index BOOTSTRAP_SERVERS FILE.db TOPIC...\n"
                   "       log_search find FILE.db WORDS\n";
      return 2;
    }
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 2;
  }
}
