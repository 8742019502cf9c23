#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "examples/log_collector/followed_file.h"
#include "ottla/embedded_broker.h"
#include "tests/integration/child_process.h"

// The examples that collect, queue, index and search logs, run as users run them.
namespace ottla::integration {
namespace {

using Lines = std::vector<std::string>;

class LogProgramsTest : public testing::Test {
 protected:
  void SetUp() override {
    broker_ = std::make_unique<EmbeddedBroker>(
        EmbeddedBroker::start({.topics = {{.name = "lines"}, {.name = "errors"}}}).value());
    follow({"shop.log"});
  }

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }

  void append(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::app) << text;
  }
  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(path(from), path(to));
  }
  // Takes the place of the rules there were, at once.
  void follow(const Lines& files) const {
    {
      std::ofstream rules(path("new.conf"));
      for (const auto& file : files) rules << "file " << path(file) << '\n';
      rules << "# what is bad goes elsewhere\nrule ERROR errors\ntopic lines\n";
    }
    rename("new.conf", "files.conf");
  }

  Lines command(const Lines& more = {}) const {
    Lines words = {OTTLA_BIN "/../examples/log_collector", broker_->address(), "shop",
                   path("files.conf")};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  void collect_once() const {
    ChildProcess collector(command({"once"}));
    while (!collector.read_line().empty()) {
    }
    EXPECT_EQ(collector.wait(), 0) << collector.stderr_text();
  }

  // Until so many lines were collected since the start.
  static void await(ChildProcess& collector, int count) {
    const auto wanted = "collected " + std::to_string(count);
    for (auto line = collector.read_line(); line != wanted; line = collector.read_line()) {
      ASSERT_FALSE(line.empty()) << "it ended before " << wanted;
    }
  }

  // What readers see of a topic, in its order.
  Lines stored(std::string_view topic = "lines") const {
    Lines lines;
    const auto records = broker_->records(topic, IsolationLevel::read_committed).value();
    for (const auto& record : records) {
      lines.push_back(record.value.value_or(""));
    }
    return lines;
  }

  TemporaryDirectory folder_;
  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(LogProgramsTest, lines_go_to_topics_by_rule_and_are_found_by_their_words) {
  append("shop.log", "sold a lamp\nERROR no more lamps\nsold a chair\nnot yet a li");
  collect_once();
  EXPECT_EQ(stored(), (Lines{"sold a lamp", "sold a chair"}));
  EXPECT_EQ(stored("errors"), (Lines{"ERROR no more lamps"}));
  append("shop.log", "ne\n");
  collect_once();
  EXPECT_EQ(stored().back(), "not yet a line");

  const auto search = OTTLA_BIN "/../examples/log_search";
  for (const std::string expected : {"indexed 4", "indexed 0"}) {
    ChildProcess index({search, "index", broker_->address(), path("lines.db"), "lines", "errors"});
    EXPECT_EQ(index.read_line(), expected);
    EXPECT_EQ(index.wait(), 0) << index.stderr_text();
  }
  ChildProcess find({search, "find", path("lines.db"), "lamps NOT chair"});
  EXPECT_EQ(find.read_line(), path("shop.log") + ": ERROR no more lamps");
  EXPECT_EQ(find.read_line(), "");
  EXPECT_EQ(find.wait(), 0) << find.stderr_text();
  EXPECT_EQ(ChildProcess({search, "find", path("lines.db"), "table"}).wait(), 1);
}

TEST_F(LogProgramsTest, files_are_followed_through_renaming_and_emptying) {
  append("shop.log", "1\n");
  ChildProcess collector(command());
  await(collector, 1);
  rename("shop.log", "shop.log.1");
  // Whoever writes goes on in the file that it has open.
  append("shop.log.1", "2\n");
  append("shop.log", "3\n");
  append("shop.log.1", "4\n");
  await(collector, 4);
  std::filesystem::resize_file(path("shop.log"), 0);
  append("shop.log", "five\n");
  await(collector, 5);
  collector.signal(SIGTERM);
  EXPECT_EQ(collector.wait(), 0) << collector.stderr_text();
  auto lines = stored();
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (Lines{"1", "2", "3", "4", "five"}));
}

TEST_F(LogProgramsTest, files_that_are_added_to_the_rules_are_followed) {
  append("shop.log", "1\n");
  ChildProcess collector(command());
  await(collector, 1);
  append("till.log", "2\n");
  follow({"shop.log", "till.log"});
  await(collector, 2);
  // Rules that make no sense change nothing.
  std::ofstream(path("files.conf"), std::ios::app) << "fly " << path("shop.log") << '\n';
  append("till.log", "3\n");
  await(collector, 3);
  collector.signal(SIGTERM);
  EXPECT_EQ(collector.wait(), 0);
  EXPECT_EQ(stored(), (Lines{"1", "2", "3"}));
}

TEST_F(LogProgramsTest, a_long_line_comes_in_pieces_that_brokers_take) {
  const std::string longest(256 << 10, 'a');
  append("shop.log", longest + '\n' + longest + longest + "bb\nnext\n" + longest);
  collect_once();
  EXPECT_EQ(stored(), (Lines{longest, longest, longest, "bb", "next"}));
  // The last line had no end, and might have been whole.
  append("shop.log", "c");
  collect_once();
  EXPECT_EQ(stored(), (Lines{longest, longest, longest, "bb", "next", longest}));
  append("shop.log", "\n");
  collect_once();
  EXPECT_EQ(stored().back(), "c");
}

TEST_F(LogProgramsTest, a_line_without_an_end_counts_only_at_the_end_of_a_file_that_is_finished) {
  append("shop.log", "first\n");
  collect_once();
  Lines expected = {"first"};
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    expected.push_back(std::to_string(i) + std::string(997, '.'));
    text += expected.back() + '\n';
  }
  append("shop.log", text + "last of this file");
  rename("shop.log", "shop.log.1");
  append("shop.log", "begun");
  collect_once();
  expected.push_back("last of this file");
  EXPECT_TRUE(stored() == expected) << stored().size() << " lines";
  append("shop.log", " and ended\n");
  collect_once();
  EXPECT_EQ(stored().back(), "begun and ended");
}

TEST_F(LogProgramsTest, only_what_a_file_is_renamed_to_counts_as_its_past) {
  append("shop.log", "1\n");
  collect_once();
  rename("shop.log", "shop.log.3");
  const auto later = std::filesystem::last_write_time(path("shop.log.3")) + std::chrono::seconds(1);
  const auto put = [&](const std::string& name, const std::string& text) {
    append(name, text);
    std::filesystem::last_write_time(path(name), later);
  };
  put("shop.log-20261130", "2\n");
  for (const auto* other : {"shop.log.bak", "shop.log-old", "shop.log2", "shop.log.1.gz",
                            "shop.log.1.zst", "shop.log-20261129.xz"}) {
    put(other, "not of it\n");
  }
  // Is followed by its own name, and once.
  put("shop.log.7", "its own\n");
  append("shop.log", "3\n");
  follow({"shop.log", "shop.log.7"});
  collect_once();
  EXPECT_EQ(stored(), (Lines{"1", "2", "3", "its own"}));
}

TEST_F(LogProgramsTest, a_file_that_was_empty_is_known_when_it_was_renamed_meanwhile) {
  append("shop.log", "");
  collect_once();
  append("shop.log", "1\n");
  rename("shop.log", "shop.log.1");
  append("shop.log", "2\n");
  collect_once();
  EXPECT_EQ(stored(), (Lines{"1", "2"}));
}

TEST_F(LogProgramsTest, a_file_that_was_emptied_is_read_from_its_beginning_whatever_comes_then) {
  append("shop.log", "1\n");
  collect_once();
  std::filesystem::resize_file(path("shop.log"), 0);
  collect_once();
  append("shop.log", "1\n2\n");
  collect_once();
  EXPECT_EQ(stored(), (Lines{"1", "1", "2"}));
}

TEST_F(LogProgramsTest, a_collector_that_is_to_end_gives_up_what_cannot_be_sent) {
  append("shop.log", "1\n");
  std::ofstream(path("files.conf")) << "file " << path("shop.log") << "\ntopic no/topic\n";
  ChildProcess collector(command({"once"}));
  EXPECT_EQ(collector.wait(), 1);
  EXPECT_NE(collector.stderr_text().find("given up after 100"), std::string::npos)
      << collector.stderr_text();
}

// Also where the others of a pass have no lines but their positions to send.
TEST_F(LogProgramsTest, a_collector_that_is_to_end_does_not_end_well_while_a_line_is_not_sent) {
  append("bad.log", "1\n");
  append("empty.log", "");
  std::ofstream(path("files.conf"))
      << "file " << path("bad.log") << "\nfile " << path("empty.log") << "\ntopic no/topic\n";
  ChildProcess collector(command({"once"}));
  EXPECT_EQ(collector.wait(), 1);
}

TEST_F(LogProgramsTest, a_file_that_is_named_twice_is_sent_once) {
  append("shop.log", "1\n2\n");
  follow({"shop.log", "./shop.log"});
  collect_once();
  rename("shop.log", "shop.log.1");
  append("shop.log.1", "3\n");
  append("shop.log", "4\n");
  collect_once();
  follow({"./shop.log"});
  append("shop.log", "5\n");
  collect_once();
  EXPECT_EQ(stored(), (Lines{"1", "2", "3", "4", "5"}));
}

TEST_F(LogProgramsTest, a_file_is_quiet_from_the_looks_on_that_found_nothing_since_its_renaming) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  append("shop.log", "1\n");
  auto file = log_collector::FollowedFile::open(path("shop.log"), {});
  ASSERT_TRUE(file);
  log_collector::FollowedFile::Time now{};
  const auto look = [&](auto later, bool current) {
    now += later;
    const auto lines = file->read(false, current, now).size();
    file->on_stored(file->reached());
    return lines;
  };
  EXPECT_EQ(look(seconds(1), true), 1U);
  EXPECT_EQ(look(seconds(60), true), 0U);
  EXPECT_EQ(file->quiet(), seconds(0)) << "it was not renamed yet";
  look(milliseconds(50), false);
  look(milliseconds(50), false);
  EXPECT_EQ(file->quiet(), milliseconds(100));
  look(seconds(60), false);
  EXPECT_EQ(file->quiet(), milliseconds(1100)) << "nobody looked meanwhile";
  append("shop.log", "half a");
  EXPECT_EQ(look(milliseconds(50), false), 0U);
  EXPECT_EQ(file->quiet(), seconds(0));
  look(milliseconds(50), false);
  EXPECT_EQ(file->quiet(), milliseconds(50));
  file->on_lost();
  EXPECT_EQ(file->quiet(), seconds(0));
}

// The file is renamed while nobody follows it, twice in a row, and collectors are killed with
// transactions open.
TEST_F(LogProgramsTest, a_killed_collector_loses_no_line_and_doubles_none) {
  int written = 0;
  const auto write = [&](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "line " + std::to_string(written++) + '\n';
    append("shop.log", text);
  };
  const auto turn = [&] {
    for (int number = 8; number > 0; --number) {
      const auto name = "shop.log." + std::to_string(number);
      if (std::filesystem::exists(path(name))) {
        rename(name, "shop.log." + std::to_string(number + 1));
      }
    }
    rename("shop.log", "shop.log.1");
  };
  for (int round = 0; round < 6; ++round) {
    write(20'000);
    ChildProcess collector(command());
    if (round % 2 == 0) {
      EXPECT_NE(collector.read_line(), "");
    }
    collector.signal(SIGKILL);
    EXPECT_EQ(collector.wait(), 128 + SIGKILL);
    write(10);
    turn();
    write(10);
    if (round == 3) {
      turn();
      write(10);
    }
    if (round % 3 == 2) collect_once();
  }
  collect_once();
  std::map<std::string, int> times;
  for (const auto& line : stored()) ++times[line];
  EXPECT_EQ(times.size(), static_cast<std::size_t>(written));
  for (const auto& [line, count] : times) {
    ASSERT_EQ(count, 1) << line;
  }
}

}  // namespace
}  // namespace ottla::integration
