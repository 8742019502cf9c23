#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "base/endian.h"
#include "tests/simulation/seeds.h"
#include "tests/simulation/simulation.h"

// A tiny log, right and wrong in the ways logs are: proves that the simulated disk leaves a right
// one whole and finds what is wrong with the others.
namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

enum class Bug {
  none,
  acknowledges_before_sync,
  forgets_to_sync_the_directory,
  trusts_a_torn_tail,
  retries_a_failed_sync,
};

// Numbers as records of 12 bytes: a CRC and the number; acknowledged when they are synced.
class TinyLog {
 public:
  TinyLog(SimNode& node, Bug bug, std::uint64_t& acknowledged)
      : node_(node), bug_(bug), acknowledged_(acknowledged) {
    directory_ = node.disk().open("/data");
    file_ = directory_->open("log", base::OpenMode::create).value();
    recover();
    if (bug_ != Bug::forgets_to_sync_the_directory) directory_->sync().value();
    round();
  }

  const std::vector<std::uint64_t>& recovered() const { return recovered_; }

 private:
  static std::string encode(std::uint64_t number) {
    char raw[12];
    base::store_be(raw + 4, number);
    base::store_be(raw, base::crc32c({raw + 4, 8}));
    return {raw, 12};
  }

  void recover() {
    std::string bytes(static_cast<std::size_t>(file_->size().value()), '\0');
    file_->read_at(0, bytes).value();
    const bool trusts = bug_ == Bug::trusts_a_torn_tail;
    while (bytes.size() - end_ >= 12) {
      const char* raw = bytes.data() + end_;
      if (!trusts && base::load_be<std::uint32_t>(raw) != base::crc32c({raw + 4, 8})) break;
      recovered_.push_back(base::load_be<std::uint64_t>(raw + 4));
      end_ += 12;
    }
    if (trusts) end_ = bytes.size();
    file_->truncate(end_).value();
    file_->sync().value();
    next_ = recovered_.empty() ? 0 : recovered_.back() + 1;
  }

  // Writes some numbers, syncs them, acknowledges them, and so on.
  void round() {
    const std::uint64_t first = next_;
    const std::uint64_t count = 1 + node_.simulation().random().below(100);
    for (; next_ < first + count; ++next_, end_ += 12) {
      if (!file_->write_at(end_, encode(next_))) return;
    }
    if (bug_ == Bug::acknowledges_before_sync) acknowledge();
    auto synced = std::make_shared<bool>(false);
    node_.loop().offload(
        [this, synced] {
          *synced = file_->sync().has_value();
          if (*synced || bug_ != Bug::retries_a_failed_sync) return;
          // The same file object would tell of the failure again.
          file_ = directory_->open("log", base::OpenMode::read_write).value();
          *synced = file_->sync().has_value();
        },
        [this, synced] {
          if (!*synced) return;
          if (bug_ != Bug::acknowledges_before_sync) acknowledge();
          round();
        });
  }

  void acknowledge() { acknowledged_ = std::max(acknowledged_, next_); }

  SimNode& node_;
  Bug bug_;
  std::uint64_t& acknowledged_;
  std::unique_ptr<base::Directory> directory_;
  std::shared_ptr<base::File> file_;
  std::uint64_t end_ = 0;
  std::uint64_t next_ = 0;
  std::vector<std::uint64_t> recovered_;
};

// What is wrong after some crashes; empty if nothing is.
std::string verdict(std::uint64_t seed, Bug bug, Crash how, bool faults) {
  Simulation world(seed);
  SimNode& node = world.add_node("log");
  std::uint64_t acknowledged = 0;
  std::shared_ptr<TinyLog> log;
  const auto start = [&](SimNode& at) {
    auto made = std::make_shared<TinyLog>(at, bug, acknowledged);
    log = made;
    return made;
  };
  for (int life = 0; life < 5; ++life) {
    const std::uint64_t promised = acknowledged;
    node.start(start);
    const auto& recovered = log->recovered();
    for (std::size_t i = 0; i < recovered.size(); ++i) {
      if (recovered[i] != i) return "invented " + std::to_string(recovered[i]);
    }
    if (recovered.size() < promised) return "lost what was acknowledged";
    if (faults) node.disk().inject({.after = world.random().below(5), .times = 1});
    world.run_for(Duration(world.random().between(0, 20'000'000)));
    log.reset();
    node.crash(how);
    node.disk().clear_faults();
  }
  return "";
}

TEST(SimulatedLog, loses_nothing_at_power_cuts_when_it_is_right) {
  for_each_seed(500, [](std::uint64_t seed) {
    EXPECT_EQ(verdict(seed, Bug::none, Crash::power, false), "");
    EXPECT_EQ(verdict(seed, Bug::none, Crash::power, true), "");
  });
}

TEST(SimulatedLog, loses_nothing_when_its_process_is_killed_whatever_it_syncs) {
  for_each_seed(200, [](std::uint64_t seed) {
    EXPECT_EQ(verdict(seed, Bug::none, Crash::process, false), "");
    EXPECT_EQ(verdict(seed, Bug::acknowledges_before_sync, Crash::process, false), "");
  });
}

std::uint64_t seeds_that_find(Bug bug, bool faults) {
  return count_seeds(
      100, [&](std::uint64_t seed) { return !verdict(seed, bug, Crash::power, faults).empty(); });
}

TEST(SimulatedLog, is_found_out_when_it_acknowledges_before_it_syncs) {
  EXPECT_GT(seeds_that_find(Bug::acknowledges_before_sync, false), 20U);
}

TEST(SimulatedLog, is_found_out_when_it_forgets_to_sync_the_directory) {
  EXPECT_GT(seeds_that_find(Bug::forgets_to_sync_the_directory, false), 20U);
}

TEST(SimulatedLog, is_found_out_when_it_trusts_a_torn_tail) {
  EXPECT_GT(seeds_that_find(Bug::trusts_a_torn_tail, false), 5U);
}

TEST(SimulatedLog, is_found_out_when_it_tries_a_failed_sync_again) {
  EXPECT_GT(seeds_that_find(Bug::retries_a_failed_sync, true), 5U);
}

TEST(SimulatedLog, is_found_out_when_its_disk_lies_about_syncs) {
  const auto found = count_seeds(100, [](std::uint64_t seed) {
    Simulation world(seed);
    SimNode& node = world.add_node("log");
    node.disk().open("/data");
    node.disk().lie_about_syncs(true);
    std::uint64_t acknowledged = 0;
    std::shared_ptr<TinyLog> log;
    const auto start = [&](SimNode& at) {
      return log = std::make_shared<TinyLog>(at, Bug::none, acknowledged);
    };
    node.start(start);
    world.run_for(20ms);
    log.reset();
    node.crash(Crash::power);
    const std::uint64_t promised = acknowledged;
    node.start(start);
    return log->recovered().size() < promised;
  });
  EXPECT_GT(found, 20U);
}

}  // namespace
}  // namespace ottla::simulation
