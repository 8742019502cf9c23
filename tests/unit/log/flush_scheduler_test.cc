#include "broker/log/flush_scheduler.h"

#include <gtest/gtest.h>

#include "tests/simulation/sim_disk.h"
#include "tests/unit/log/manual_loop.h"

namespace ottla::broker {
namespace {

using simulation::DiskCall;
using simulation::SimDisk;

// A log of one file whose end only counts.
class CountingLog final : public Flushable {
 public:
  CountingLog(FlushScheduler& flush, base::Directory& directory, const std::string& name)
      : flush_(flush), file_(directory.open(name, base::OpenMode::create).value()) {
    flush_.attach(*this);
  }
  ~CountingLog() override { flush_.detach(*this); }

  void append() {
    EXPECT_TRUE(file_->write_at(static_cast<std::uint64_t>(end.value), "x"));
    ++end;
    if (!queued_) flush_.add(*this);
    queued_ = true;
  }

  std::optional<FlushTarget> begin_flush(bool) override {
    queued_ = false;
    FlushTarget target;
    target.after_entries.push_back(file_);
    target.end_offset = end;
    return target;
  }
  void end_flush(const FlushTarget& target) override { durable = target.end_offset; }
  void go_offline(const Error&) override { offline = true; }

  Offset end{0};
  Offset durable{0};
  bool offline = false;

 private:
  FlushScheduler& flush_;
  std::shared_ptr<base::File> file_;
  bool queued_ = false;
};

struct Flushing {
  explicit Flushing(FlushOptions options = {}) : flush(loop, root, {}, options) {
    for (int i = 0; i < 20; ++i) {
      logs.push_back(std::make_unique<CountingLog>(flush, *root, std::to_string(i)));
    }
  }
  ManualLoop loop;
  SimDisk disk{5};
  std::shared_ptr<base::Directory> root = disk.open("/data");
  FlushScheduler flush;
  std::vector<std::unique_ptr<CountingLog>> logs;
};

TEST(FlushScheduler, serves_everybody_who_came_while_a_round_was_in_flight_with_one_sync) {
  Flushing f;
  auto& log = *f.logs[0];
  log.append();
  f.flush.hurry();
  f.loop.run_tasks();
  ASSERT_EQ(f.loop.works(), 1u);
  for (int i = 0; i < 5; ++i) {
    log.append();
    f.flush.hurry();
  }
  f.loop.run_tasks();
  EXPECT_EQ(f.loop.works(), 1u);  // the next round waits for this one
  f.loop.run_one_work();
  EXPECT_EQ(log.durable, Offset(1));
  f.loop.run();
  EXPECT_EQ(log.durable, Offset(6));
  EXPECT_EQ(f.flush.rounds(), 2u);
  EXPECT_EQ(f.disk.syncs(), 2u);
}

TEST(FlushScheduler, syncs_a_few_logs_side_by_side) {
  Flushing f({.workers = 3});
  for (std::size_t i = 0; i < 7; ++i) f.logs[i]->append();
  f.flush.hurry();
  f.loop.run_tasks();
  EXPECT_EQ(f.loop.works(), 3u);
  f.loop.run_one_work();
  f.loop.run_one_work();
  EXPECT_EQ(f.logs[0]->durable, Offset(0));  // the round is not over
  f.loop.run();
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(f.logs[i]->durable, Offset(1));
  EXPECT_EQ(f.disk.syncs(), 7u);
}

TEST(FlushScheduler, syncs_the_file_system_when_many_logs_are_dirty) {
  Flushing f;
  for (auto& log : f.logs) log->append();
  f.flush.hurry();
  f.loop.run();
  for (auto& log : f.logs) EXPECT_EQ(log->durable, Offset(1));
  EXPECT_EQ(f.disk.syncs(), 1u);
  EXPECT_FALSE(f.disk.power_cut());
}

TEST(FlushScheduler, starts_a_round_within_its_delay) {
  Flushing f({.delay = std::chrono::milliseconds(10)});
  f.logs[0]->append();
  f.loop.advance(std::chrono::milliseconds(5));
  f.logs[1]->append();
  f.loop.advance(std::chrono::milliseconds(5));
  EXPECT_EQ(f.logs[0]->durable, Offset(1));
  EXPECT_EQ(f.logs[1]->durable, Offset(1));
  EXPECT_EQ(f.flush.rounds(), 1u);
  f.loop.advance(std::chrono::hours(1));
  EXPECT_EQ(f.flush.rounds(), 1u);  // nothing to do, no wake-ups
}

TEST(FlushScheduler, acknowledges_nothing_of_a_round_that_failed) {
  Flushing f({.workers = 2});
  int told = 0;
  f.flush.set_on_offline([&](const Error&) { ++told; });
  for (std::size_t i = 0; i < 4; ++i) f.logs[i]->append();
  f.disk.inject({.call = DiskCall::sync, .after = 3, .times = 1});
  f.flush.hurry();
  f.loop.run();
  for (auto& log : f.logs) {
    EXPECT_EQ(log->durable, Offset(0));
    EXPECT_TRUE(log->offline);
  }
  EXPECT_EQ(told, 1);
  f.logs[0]->append();
  f.flush.hurry();
  f.loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(f.logs[0]->durable, Offset(0));
}

TEST(FlushScheduler, forgets_a_log_that_goes_while_its_sync_is_in_flight) {
  Flushing f;
  f.logs[0]->append();
  f.logs[1]->append();
  f.flush.hurry();
  f.loop.run_tasks();
  f.logs.erase(f.logs.begin());
  f.loop.run();
  EXPECT_EQ(f.logs[0]->durable, Offset(1));
}

}  // namespace
}  // namespace ottla::broker
