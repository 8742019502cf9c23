#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {
namespace {

class PosixLog : public ::testing::Test {
 protected:
  PosixLog() {
    std::string pattern = ::testing::TempDir() + "ottla-log-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~PosixLog() override { std::filesystem::remove_all(path_); }

  std::string path_;
};

TEST_F(PosixLog, lives_through_rolls_kills_and_clean_stops) {
  LogFixture f(base::open_posix_directory(path_).value());
  f.config.segment_bytes = 2000;
  f.config.index_interval_bytes = 200;
  f.create();
  std::size_t count = 0;
  for (int life = 0; life < 6; ++life) {
    for (int i = 0; i < 40; ++i, ++count) {
      ASSERT_TRUE(f.append(make_batch("value " + std::to_string(count))));
      if (i % 7 == 0) f.log->flush_soon();
      if (i % 5 == 0) f.loop.run();
    }
    f.log->flush_soon();
    f.loop.run();
    EXPECT_EQ(f.log->high_watermark().value, static_cast<std::int64_t>(count));
    const bool clean = life % 2 == 0;
    const auto recovery_point = f.log->recovery_point();
    if (clean) {
      ASSERT_TRUE(f.close());
    }
    f.crash();
    ASSERT_TRUE(f.open(clean, recovery_point));
    const auto found = f.values(Offset(0));
    ASSERT_EQ(found.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(found[i].second, "value " + std::to_string(i));
    }
  }
}

TEST_F(PosixLog, leaves_kafkas_files) {
  LogFixture f(base::open_posix_directory(path_).value());
  f.create();
  ASSERT_TRUE(f.append(make_batch("value")));
  ASSERT_TRUE(f.close());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_ + "/topic-0")) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{
                       "00000000000000000000.index", "00000000000000000000.log",
                       "00000000000000000000.timeindex", "00000000000000000001.snapshot",
                       "leader-epoch-checkpoint", "partition.metadata"}));
}

}  // namespace
}  // namespace ottla::broker
