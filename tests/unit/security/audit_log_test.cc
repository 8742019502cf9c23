#include "broker/security/audit_log.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/simulation/simulation.h"

namespace ottla::broker {
namespace {

using simulation::DiskCall;

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(AuditLineTest, is_one_json_object_with_the_time_in_front) {
  AuditLine line("authorization", "denied");
  line.members.add("principal", "User:alice").add_number("connection", 7).add_true("filter");
  line.resources.add(AuditMembers().add("type", "Topic").add("name", "t"));
  line.resources.add(AuditMembers().add("type", "Group").add("name", "g"));
  EXPECT_EQ(line.to_string(1'500),
            R"({"time":"1970-01-01T00:00:01.500Z","event":"authorization","outcome":"denied",)"
            R"("principal":"User:alice","connection":7,"filter":true,)"
            R"("resources":[{"type":"Topic","name":"t"},{"type":"Group","name":"g"}]})"
            "\n");
}

TEST(AuditLineTest, escapes_whatever_a_peer_sends_and_cuts_what_is_long) {
  AuditLine line("authentication", "failure");
  line.members.add("client_id", "a\"}\n{\"event\":\"forged\"\\\x01\xff");
  line.members.add("reason", std::string(600, 'x'));
  const auto text = line.to_string(0);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_NE(text.find(R"("a\"}\n{\"event\":\"forged\"\\\u0001)"
                      "\xef\xbf\xbd\""),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\"" + std::string(512, 'x') + "... (88 bytes more)\""), std::string::npos)
      << text;
}

TEST(AuditLineTest, is_bounded_and_says_what_it_leaves_out) {
  AuditLine line("administration", "success");
  for (int i = 0; i < 7; ++i) line.members.add("text", std::string(100'000, '\x01'));
  constexpr int kResources = 100'000;
  std::string name(1'000, '\n');
  for (int i = 0; i < kResources; ++i) line.resources.add(AuditMembers().add("name", name));
  const auto text = line.to_string(0);
  EXPECT_LE(text.size(), std::size_t{64} << 10);
  const auto told = count_of(text, "\"name\":");
  EXPECT_GT(told, 10U);
  EXPECT_NE(text.find("\"resources_left_out\":" + std::to_string(kResources - told) + "}\n"),
            std::string::npos);
}

class AuditFileTest : public testing::Test {
 protected:
  Result<std::shared_ptr<AuditFile>> open(AuditFile::Limits limits) {
    return AuditFile::open(directory_, "audit.log", limits);
  }
  std::string read(std::string_view name) {
    return directory_->read_file(name).value_or("nothing");
  }

  std::shared_ptr<base::Directory> directory_ = base::make_memory_directory();
};

TEST_F(AuditFileTest, keeps_so_many_files_and_none_larger_than_wanted) {
  const auto file = open({.max_bytes = 10, .files = 3}).value();
  for (const auto* line : {"1111\n", "2222\n", "3333\n", "4444\n", "5555\n", "6666\n", "7777\n"}) {
    ASSERT_TRUE(file->append(line));
  }
  EXPECT_EQ(read("audit.log"), "7777\n");
  EXPECT_EQ(read("audit.log.1"), "5555\n6666\n");
  EXPECT_EQ(read("audit.log.2"), "3333\n4444\n");
  EXPECT_FALSE(directory_->exists("audit.log.3"));
}

TEST_F(AuditFileTest, of_one_file_only_the_newest_lines_are_kept) {
  const auto file = open({.max_bytes = 10, .files = 1}).value();
  for (const auto* line : {"1111\n", "2222\n", "3333\n"}) ASSERT_TRUE(file->append(line));
  EXPECT_EQ(read("audit.log"), "3333\n");
  EXPECT_FALSE(directory_->exists("audit.log.1"));
}

TEST_F(AuditFileTest, goes_on_where_it_was_and_behind_half_a_line) {
  ASSERT_TRUE(open({}).value()->append("one\nhalf"));
  ASSERT_TRUE(open({}).value()->append("two\n"));
  ASSERT_TRUE(open({}).value()->append("three\n"));
  EXPECT_EQ(read("audit.log"), "one\nhalf\ntwo\nthree\n");
}

TEST_F(AuditFileTest, removes_files_beyond_those_that_are_kept) {
  {
    const auto file = open({.max_bytes = 5, .files = 5}).value();
    for (const auto* line : {"1111\n", "2222\n", "3333\n", "4444\n"}) {
      ASSERT_TRUE(file->append(line));
    }
  }
  ASSERT_TRUE(directory_->exists("audit.log.3"));
  ASSERT_TRUE(open({.max_bytes = 5, .files = 2}));
  EXPECT_TRUE(directory_->exists("audit.log.1"));
  EXPECT_FALSE(directory_->exists("audit.log.2"));
  EXPECT_FALSE(directory_->exists("audit.log.3"));
}

TEST(AuditFileFaultTest, a_rotation_that_is_tried_again_removes_one_old_file_at_most) {
  simulation::SimDisk disk(1);
  const auto file =
      AuditFile::open(disk.open("/audit"), "audit.log", {.max_bytes = 5, .files = 5}).value();
  for (const auto* line : {"1111\n", "2222\n", "3333\n", "4444\n", "5555\n"}) {
    ASSERT_TRUE(file->append(line));
  }
  // Of the five changes of names the last, which is that of the newest, and a few after it.
  disk.inject({.call = DiskCall::entry, .code = ErrorCode::no_space, .after = 4, .times = 6});
  int failures = 0;
  while (!file->append("6666\n")) ASSERT_LT(++failures, 20);
  EXPECT_EQ(failures, 6);
  const auto directory = disk.open("/audit");
  EXPECT_EQ(directory->read_file("audit.log").value(), "6666\n");
  EXPECT_EQ(directory->read_file("audit.log.1").value(), "5555\n");
  EXPECT_EQ(directory->read_file("audit.log.2").value(), "4444\n");
  EXPECT_EQ(directory->read_file("audit.log.3").value(), "3333\n");
  EXPECT_EQ(directory->read_file("audit.log.4").value(), "2222\n");
}

TEST_F(AuditFileTest, belongs_to_one_broker_at_a_time) {
  const auto first = open({}).value();
  const auto second = open({});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::already_in_use);
}

// An audit log on a simulated machine.
class AuditLogTest : public testing::Test {
 protected:
  void SetUp() override {
    node_.start([this](simulation::SimNode& node) -> std::shared_ptr<void> {
      auto file = AuditFile::open(node.disk().open("/audit"), "audit.log", {});
      EXPECT_TRUE(file) << file.error();
      base::Logger logger(
          [this](LogLevel, std::string_view, std::string_view line) { logged_ += line; },
          LogLevel::info, "audit");
      auto made = std::make_shared<AuditLog>(node.loop(), *std::move(file), logger);
      log_ = made.get();
      return made;
    });
  }

  void on_loop(const std::function<void()>& task) {
    bool done = false;
    node_.loop().post([&] {
      task();
      done = true;
    });
    ASSERT_TRUE(simulation_.run_until([&] { return done; }, std::chrono::seconds(1)));
  }
  void settle() { simulation_.run_for(std::chrono::seconds(1)); }

  void write(const std::string& text) {
    on_loop([&] { log_->write(line_of_text(text)); });
    settle();
  }
  static AuditLine line_of_text(const std::string& text) {
    AuditLine line("test", "success");
    line.members.add("text", text);
    return line;
  }

  std::string contents() { return node_.disk().open("/audit")->read_file("audit.log").value(); }

  simulation::Simulation simulation_{3};
  simulation::SimNode& node_ = simulation_.add_node("broker");
  AuditLog* log_ = nullptr;
  std::string logged_;
};

TEST_F(AuditLogTest, writes_in_order_and_not_on_the_loop) {
  on_loop([&] {
    for (int i = 0; i < 100; ++i) log_->write(line_of_text(std::to_string(i)));
  });
  settle();
  const auto text = contents();
  std::size_t at = 0;
  for (int i = 0; i < 100; ++i) {
    at = text.find("\"text\":\"" + std::to_string(i) + "\"", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_EQ(log_->lines_written(), 100U);
  EXPECT_EQ(node_.disk().sleeps_on_loops(), 0U);
}

TEST_F(AuditLogTest, drops_what_cannot_be_written_and_says_so_once_it_can) {
  write("first");
  // A write, and twice the cut of what it has left there.
  node_.disk().inject({.call = DiskCall::write, .code = ErrorCode::no_space, .times = 3});
  write("lost one" + std::string(500, 'x'));
  write("lost two");
  EXPECT_EQ(log_->lines_dropped(), 2U);
  EXPECT_EQ(count_of(logged_, "cannot write the audit log"), 1U) << logged_;
  write("last");
  const auto text = contents();
  EXPECT_EQ(count_of(text, "lost"), 0U) << text;
  EXPECT_EQ(count_of(text, "\n"), 3U) << text;
  const auto told = text.find("\"event\":\"dropped\",\"count\":2}");
  ASSERT_NE(told, std::string::npos) << text;
  EXPECT_GT(told, text.find("first"));
  EXPECT_LT(told, text.find("last"));
  EXPECT_EQ(count_of(logged_, "is written again"), 1U) << logged_;
  write("and none is told of twice");
  EXPECT_EQ(count_of(contents(), "dropped"), 1U);
}

TEST_F(AuditLogTest, drops_what_finds_no_room_while_a_worker_writes) {
  constexpr int kLines = 10'000;
  on_loop([&] {
    for (int i = 0; i < kLines; ++i) log_->write(line_of_text(std::string(500, 'x')));
  });
  settle();
  const auto dropped = log_->lines_dropped();
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(log_->lines_written() + dropped, std::uint64_t{kLines});
  const auto text = contents();
  EXPECT_LT(text.size(), 2 * AuditLog::kMostQueuedBytes);
  EXPECT_NE(text.find("\"event\":\"dropped\",\"count\":" + std::to_string(dropped) + "}"),
            std::string::npos);
}

TEST_F(AuditLogTest, tells_what_repeats_once_a_minute) {
  on_loop([&] {
    for (int i = 0; i < 50; ++i) log_->write_collapsed("one", line_of_text("one"));
    log_->write_collapsed("two", line_of_text("two"));
  });
  settle();
  EXPECT_EQ(count_of(contents(), "\"text\":\"one\""), 1U);
  EXPECT_EQ(count_of(contents(), "\"text\":\"two\""), 1U);
  simulation_.run_for(std::chrono::minutes(1));
  EXPECT_EQ(count_of(contents(), "\"text\":\"one\",\"repeated\":49}"), 1U) << contents();
  EXPECT_EQ(count_of(contents(), "\n"), 3U) << contents();
  on_loop([&] { log_->write_collapsed("one", line_of_text("one")); });
  settle();
  EXPECT_EQ(count_of(contents(), "\"text\":\"one\""), 3U);
}

TEST_F(AuditLogTest, keys_that_are_too_many_or_too_long_are_one_of_their_host) {
  constexpr auto kMost = static_cast<int>(AuditLog::kMostRepeated);
  const auto write = [&](const std::string& key, const std::string& text) {
    AuditLine line("test", "denied");
    line.members.add("text", text);
    log_->write_collapsed(key, std::move(line));
  };
  on_loop([&] {
    for (int i = 0; i < 3; ++i) {
      write("h0\n" + std::to_string(i) + std::string(AuditLog::kMostKeyBytes, 'x'), "long");
    }
    for (int i = 0; i < kMost + 50; ++i) write("h1\n" + std::to_string(i), "many");
    write("h2\nany", "another host");
    // Beyond as many hosts all are one.
    for (int i = 0; i < 2 * kMost; ++i) write("host-" + std::to_string(i) + "\nany", "hosts");
  });
  settle();
  EXPECT_EQ(log_->lines_dropped(), 0U);
  EXPECT_EQ(count_of(contents(), "\"text\":\"long\""), 1U);
  EXPECT_EQ(count_of(contents(), "\"text\":\"many\""), AuditLog::kMostRepeated);
  EXPECT_EQ(count_of(contents(), "\"text\":\"another host\""), 1U);
  EXPECT_LE(count_of(contents(), "\"text\":\"hosts\""), AuditLog::kMostRepeated);
  simulation_.run_for(std::chrono::minutes(1));
  EXPECT_EQ(count_of(contents(), "\"text\":\"long\",\"repeated\":2}"), 1U);
  EXPECT_EQ(count_of(contents(), "\"text\":\"many\",\"repeated\":50}"), 1U);
}

TEST_F(AuditLogTest, refusals_leave_room_for_what_others_have_done) {
  on_loop([&] {
    AuditLine denied("test", "denied");
    denied.members.add("text", std::string(500, 'x'));
    for (int i = 0; i < 10'000; ++i) log_->write(denied);
    EXPECT_GT(log_->lines_dropped(), 0U);
    const auto dropped = log_->lines_dropped();
    for (int i = 0; i < 100; ++i) log_->write(line_of_text("done"));
    EXPECT_EQ(log_->lines_dropped(), dropped);
  });
  settle();
  EXPECT_EQ(count_of(contents(), "\"text\":\"done\""), 100U);
}

TEST_F(AuditLogTest, writes_all_it_has_before_it_closes) {
  bool closed = false;
  on_loop([&] {
    log_->write(line_of_text("first"));
    log_->write(line_of_text("last"));
    log_->write_collapsed("key", line_of_text("again"));
    log_->write_collapsed("key", line_of_text("again"));
    log_->close([&] { closed = true; });
    EXPECT_FALSE(closed);
  });
  ASSERT_TRUE(simulation_.run_until([&] { return closed; }, std::chrono::seconds(1)));
  EXPECT_EQ(count_of(contents(), "\n"), 4U) << contents();
  EXPECT_NE(contents().find("\"repeated\":1}"), std::string::npos);
}

}  // namespace
}  // namespace ottla::broker
