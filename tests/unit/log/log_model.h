#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/log_types.h"

namespace ottla::broker {

// What a log holds, as simply as it can be said: a list, in which compaction may leave holes.
struct LogModel {
  struct Entry {
    enum class Kind : std::uint8_t { record, commit, abort };
    Kind kind = Kind::record;
    std::string key;
    std::optional<std::string> value;  // none: a tombstone
    std::int64_t producer = -1;        // -1: none
    std::int32_t sequence = -1;
    bool transactional = false;
  };

  // How the transaction of each record ended: committed (or there was none), aborted, not yet.
  enum class Fate : std::uint8_t { committed, aborted, open };
  std::vector<Fate> fates() const {
    std::vector<Fate> found(entries.size(), Fate::committed);
    std::map<std::int64_t, Fate> ends;  // by producer, of what lies before
    for (std::size_t i = entries.size(); i-- > 0;) {
      const auto& entry = entries[i];
      if (entry.kind != Entry::Kind::record) {
        ends[entry.producer] = entry.kind == Entry::Kind::commit ? Fate::committed : Fate::aborted;
      } else if (entry.transactional) {
        const auto end = ends.find(entry.producer);
        found[i] = end == ends.end() ? Fate::open : end->second;
      }
    }
    return found;
  }

  // Which records compaction may have taken: what was aborted, and what is not the newest of its
  // key, and tombstones.
  std::vector<bool> dispensable() const {
    const auto fate = fates();
    std::vector<bool> may_go(entries.size(), false);
    std::map<std::string, bool> superseded;
    for (std::size_t i = entries.size(); i-- > 0;) {
      const auto& entry = entries[i];
      if (entry.kind != Entry::Kind::record) {
        may_go[i] = true;
        continue;
      }
      if (fate[i] == Fate::open) continue;
      may_go[i] = fate[i] == Fate::aborted || superseded[entry.key] || !entry.value;
      if (fate[i] == Fate::committed) superseded[entry.key] = true;
    }
    return may_go;
  }

  // The last sequence of each producer.
  std::map<std::int64_t, std::int32_t> last_sequences() const {
    std::map<std::int64_t, std::int32_t> last;
    for (const auto& entry : entries) {
      if (entry.producer >= 0 && entry.sequence >= 0) last[entry.producer] = entry.sequence;
    }
    return last;
  }

  bool has_open_transaction(std::int64_t producer) const {
    for (std::size_t i = entries.size(); i-- > 0;) {
      if (entries[i].producer != producer) continue;
      return entries[i].kind == Entry::Kind::record && entries[i].transactional;
    }
    return false;
  }

  // An append that was refused and taken back, of which the disk had a part. If power is lost
  // before the disk knows of its end, it may be there after all: the part, and the rest if that is
  // zeros.
  struct Refused {
    std::int64_t base = 0;
    std::string batch;  // as it would lie in the log
    std::vector<Entry> entries;
  };

  std::vector<Refused> refused;
  std::vector<Entry> entries;     // by offset
  std::int64_t acknowledged = 0;  // below it nothing may be lost
  std::int64_t log_start = 0;
};

}  // namespace ottla::broker
