#pragma once

#include "tests/unit/log/storage_life.h"

// A life of a log directory that knows everything: appends, transactions, rolls, checkpoints,
// retention, deletion, a process that is killed, and clean stops.
namespace ottla::broker {

inline const TopicPartition kPlain{"plain", 0};
inline const TopicPartition kTrimmed{"trimmed", 0};
inline const TopicPartition kDoomed{"doomed", 1};
inline const TopicPartition kCompacted{"compacted", 0};

void append_to_all(StorageLife& life);
void flush_all(StorageLife& life);
// Transactions, aborted and committed, with records of others among theirs.
void transact_everywhere(StorageLife& life);

// Plays the script until the disk has crashed. True if it came to its end.
bool play(StorageLife& life);

}  // namespace ottla::broker
