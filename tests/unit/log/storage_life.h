#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/log_manager.h"
#include "tests/simulation/sim_disk.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {

// What a partition must hold, by offset.
struct PartitionModel {
  struct Record {
    std::string key;
    std::optional<std::string> value;  // none: a tombstone
    std::int64_t transaction = -1;     // of this producer; -1: of none
    std::optional<bool> commits{};     // it is the marker that ends the transaction, so
  };
  std::vector<Record> records;
  std::int64_t acknowledged = 0;   // below it nothing may be lost
  std::int64_t log_start = 0;      // the greatest that was asked for
  bool deletion_asked = false;     // it may be gone
  std::int64_t last_producer = 0;  // of the last batch, which is kept to be sent again
  std::string last_batch;
  std::int64_t last_first_offset = 0;

  // By producer, how its transaction ended.
  std::map<std::int64_t, bool> ends() const {
    std::map<std::int64_t, bool> found;
    for (const auto& record : records) {
      if (record.commits) found[record.transaction] = *record.commits;
    }
    return found;
  }
};

// A log directory on a simulated disk, opened and opened again, beside a model of what was promised
// about it. One process at a time.
class StorageLife {
 public:
  explicit StorageLife(simulation::SimDisk& on);

  LogConfig config;  // of logs that are made from here on
  // Calls may fail: a log may not open, or be behind its promises for as long as it is offline.
  bool faulty = false;

  // Starts a process. False if it could not open the directory, or not all of its logs.
  bool start();
  // Ends it cleanly; false if that failed.
  bool close();
  // It is gone without a word; the disk was told otherwise.
  void forget_process();

  UnifiedLog* log(const TopicPartition& at);

  // Appends one batch of `count` records, made if the partition is not there. False if refused.
  bool append(const TopicPartition& at, int count, std::size_t value_size = 40);
  // Appends one record in a transaction, one outside of it, and the end of the transaction.
  void transact(const TopicPartition& at, bool commit);
  // Syncs what was appended.
  void flush(const TopicPartition& at);
  // Turns the loop until nothing is left to do, with the timers of that time.
  void run(base::Duration by = base::Duration(0));
  void raise_log_start(const TopicPartition& at, std::int64_t to);
  void retain(const TopicPartition& at, std::int64_t bytes);
  void delete_log(const TopicPartition& at);
  // Sends the last batch again: it must be known, or (if the process is another) not be refused.
  void resend_last(const TopicPartition& at);

  // What the process has acknowledged by now.
  void note_acknowledged();
  // Compares the logs with the models after a start, which may have cost what nobody was promised.
  void check_after_start();
  // Reads every log and compares it with its model.
  void check_records();

  std::map<TopicPartition, PartitionModel> models;
  simulation::SimDisk& disk;
  LogLines lines;
  ManualLoop loop;
  std::unique_ptr<LogManager> manager;
  base::Random random{7};
  std::optional<Error> failure;  // of the last start or close

 private:
  bool append_batch(const TopicPartition& at, std::string batch,
                    const std::vector<PartitionModel::Record>& records,
                    AppendOrigin origin = AppendOrigin::client);
  bool append_in_transaction(const TopicPartition& at, std::int64_t id);
  void check_log(UnifiedLog& log, const PartitionModel& model);
  void check_committed(UnifiedLog& log, const PartitionModel& model);
  Offset check_bytes(const std::string& bytes, Offset next, const PartitionModel& model,
                     std::vector<bool>& seen);

  std::map<TopicPartition, LogConfig> configs_;
  std::int32_t epoch_ = 0;
  std::int64_t next_value_ = 0;
  std::int64_t next_producer_ = 1;
};

}  // namespace ottla::broker
