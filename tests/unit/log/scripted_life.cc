#include "tests/unit/log/scripted_life.h"

namespace ottla::broker {

void append_to_all(StorageLife& life) {
  for (const auto& at : {kPlain, kTrimmed, kCompacted}) {
    life.config.cleanup_compact = at == kCompacted;
    life.config.cleanup_delete = at != kCompacted;
    life.append(at, 3);
    life.append(at, 1, 300);
  }
}

void flush_all(StorageLife& life) {
  for (const auto& at : {kPlain, kTrimmed, kCompacted, kDoomed}) life.flush(at);
}

void transact_everywhere(StorageLife& life) {
  for (const auto& at : {kPlain, kTrimmed, kCompacted}) {
    life.transact(at, false);
    life.transact(at, true);
    life.transact(at, false);
  }
}

namespace {

// One step of the script; the process may die in any of them.
using Step = void (*)(StorageLife&);

const Step kScript[] = {
    [](StorageLife& life) { life.start(); },
    append_to_all,
    flush_all,
    transact_everywhere,
    // Rolls, with appends that nobody waits for.
    append_to_all,
    append_to_all,
    [](StorageLife& life) { life.run(std::chrono::milliseconds(50)); },
    [](StorageLife& life) { life.append(kDoomed, 2); },
    flush_all,
    append_to_all,
    flush_all,
    transact_everywhere,
    // Checkpoints, and a compaction.
    [](StorageLife& life) { life.run(std::chrono::seconds(61)); },
    append_to_all,
    append_to_all,
    transact_everywhere,
    append_to_all,
    flush_all,
    // Another, which puts cleaned and dirty segments together.
    [](StorageLife& life) {
      life.run(std::chrono::seconds(61));
      if (life.faulty || life.disk.crashed()) return;
      EXPECT_EQ(life.manager->cleaner().cleanings(), 2u);
    },
    transact_everywhere,
    flush_all,
    [](StorageLife& life) { life.retain(kPlain, 900); },
    [](StorageLife& life) { life.raise_log_start(kTrimmed, 7); },
    append_to_all,
    [](StorageLife& life) { life.delete_log(kDoomed); },
    // Unlinks what was deleted.
    [](StorageLife& life) { life.run(std::chrono::seconds(61)); },
    // The process is killed, and the next one recovers.
    append_to_all,
    transact_everywhere,
    [](StorageLife& life) {
      life.note_acknowledged();
      life.forget_process();
      life.disk.process_crash();
    },
    [](StorageLife& life) {
      if (!life.start() || life.disk.crashed()) return;
      for (const auto& at : {kPlain, kTrimmed, kCompacted}) {
        if (life.faulty) break;
        const auto written = static_cast<std::int64_t>(life.models[at].records.size());
        EXPECT_EQ(life.log(at)->log_end_offset().value, written);
      }
      life.check_after_start();
    },
    append_to_all,
    flush_all,
    [](StorageLife& life) { life.raise_log_start(kTrimmed, 100); },
    // A clean stop and what comes after it.
    [](StorageLife& life) { life.close(); },
    [](StorageLife& life) {
      if (life.start() && !life.disk.crashed()) life.check_after_start();
    },
    append_to_all,
    transact_everywhere,
    flush_all,
    append_to_all,
    [](StorageLife& life) { life.close(); },
};

}  // namespace

// Plays the script until the disk has crashed. True if it came to its end.
bool play(StorageLife& life) {
  for (const auto step : kScript) {
    step(life);
    if (life.disk.crashed()) return false;
    if (::testing::Test::HasFailure()) return false;
  }
  return true;
}

}  // namespace ottla::broker
