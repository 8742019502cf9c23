#include "ottla/interceptors/audit.h"

#include <gtest/gtest.h>

#include "tests/unit/interceptors/received.h"

namespace ottla::interceptors {
namespace {

using namespace std::chrono_literals;

class AuditTest : public testing::Test {
 protected:
  AuditOptions options(std::string source) {
    return {
        .source = std::move(source), .window = 1min, .clock = [this] { return Timestamp(now); }};
  }
  void send(Audit& audit, const ProducerRecord& record,
            const Result<RecordMetadata>& result = RecordMetadata()) {
    MutableRecord changing(record);
    audit.on_send(changing);
    if (arrives) received.add(changing.record());
    audit.on_outcome({result, changing.record().topic, changing.record().headers});
  }
  void receive() {
    MutableRecords records(received.poll());
    reader.on_consume(records);
  }

  std::chrono::milliseconds now = 100min;
  bool arrives = true;
  Audit writer{options("shop")};
  Audit reader{options("billing")};
  Received received;
};

TEST_F(AuditTest, both_ends_agree_when_nothing_was_lost) {
  for (int i = 0; i < 10; ++i) {
    send(writer, {.topic = "t", .key = std::to_string(i), .value = "v"});
    now += 20s;
  }
  receive();
  ASSERT_EQ(writer.sent().size(), 4U);
  EXPECT_EQ(writer.sent()[0].count, 3U);
  EXPECT_EQ(writer.sent(), reader.received());
  EXPECT_TRUE(compare(writer.sent(), reader.received()).empty());
  EXPECT_EQ(reader.unaccounted(), 0U);
}

TEST_F(AuditTest, a_lost_record_is_found_in_its_window) {
  send(writer, {.topic = "t", .value = "1"});
  now += 1min;
  arrives = false;
  send(writer, {.topic = "t", .value = "2"});
  receive();
  const auto differences = compare(writer.sent(), reader.received());
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(
      differences[0],
      (AuditDifference{.source = "shop", .topic = "t", .start = Timestamp(101min), .lost = 1}));
}

TEST_F(AuditTest, records_that_were_read_twice_are_surplus) {
  send(writer, {.topic = "t", .value = "1"});
  receive();
  receive();
  const auto differences = compare(writer.sent(), reader.received());
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].surplus, 1U);
}

TEST_F(AuditTest, an_altered_record_is_found) {
  send(writer, {.topic = "t", .key = "ab", .value = "c"});
  received.at(0).key = "a";
  received.at(0).value = "bc";
  receive();
  const auto differences = compare(writer.sent(), reader.received());
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].altered, 1U);
  EXPECT_TRUE(differences[0].other_records);
}

TEST_F(AuditTest, one_lost_and_another_twice_do_not_make_up_for_each_other) {
  arrives = false;
  send(writer, {.topic = "t", .value = "1"});
  arrives = true;
  send(writer, {.topic = "t", .value = "2"});
  receive();
  receive();
  const auto differences = compare(writer.sent(), reader.received());
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_TRUE(differences[0].other_records);
}

TEST_F(AuditTest, a_record_whose_fate_is_not_known_may_be_there_or_not) {
  send(writer, {.topic = "t", .value = "1"}, Error(ErrorCode::timed_out));
  EXPECT_EQ(writer.sent().at(0).uncertain, 1U);
  EXPECT_TRUE(compare(writer.sent(), reader.received()).empty());
  receive();
  EXPECT_TRUE(compare(writer.sent(), reader.received()).empty());
  receive();
  EXPECT_EQ(compare(writer.sent(), reader.received()).at(0).surplus, 1U);
}

TEST_F(AuditTest, a_record_that_was_refused_counts_for_nothing) {
  arrives = false;
  send(writer, {.topic = "t", .value = "1"}, Error(ErrorCode::record_too_large));
  EXPECT_TRUE(writer.sent().empty());
}

TEST_F(AuditTest, a_record_that_is_passed_on_is_counted_anew) {
  send(writer, {.topic = "t", .value = "1"});
  Audit relay{options("relay")};
  const ProducerRecord record{.topic = "u", .value = "1", .headers = received.at(0).headers};
  MutableRecord passed_on(record);
  EXPECT_EQ(passed_on.headers().size(), 1U);
  relay.on_send(passed_on);
  EXPECT_EQ(passed_on.headers().size(), 1U) << "one header, its own";
  relay.on_outcome({RecordMetadata(), "u", passed_on.headers()});
  EXPECT_EQ(relay.sent().at(0).source, "relay");
}

TEST_F(AuditTest, windows_that_are_over_are_handed_out_once) {
  send(writer, {.topic = "t", .value = "1"});
  now += 1min;
  send(writer, {.topic = "t", .value = "2"});
  EXPECT_EQ(writer.take_sent_before(Timestamp(101min)).size(), 1U);
  EXPECT_EQ(writer.sent().size(), 1U);
  EXPECT_TRUE(writer.take_sent_before(Timestamp(101min)).empty());
}

TEST_F(AuditTest, headers_of_any_bytes_are_unaccounted_for) {
  const std::string many(101, 's');
  const std::string good = "1 60000 0123456789abcdef ";
  for (const auto& header :
       {std::string(), std::string("1"), std::string("2 60000 0123456789abcdef s"),
        std::string("1 -1 0123456789abcdef s"), std::string("1 60000 123 s"), good, good + many,
        std::string("1 99999999999999999999 0123456789abcdef s"), std::string(5000, ' ')}) {
    received.add({.topic = "t", .value = "v", .headers = {{"ottla-audit", header}}});
  }
  received.add({.topic = "t", .value = "v", .headers = {{"ottla-audit", kNull}}});
  received.add({.topic = "t", .value = "v"});
  receive();
  EXPECT_EQ(reader.unaccounted(), 11U);
  EXPECT_TRUE(reader.received().empty());
}

TEST_F(AuditTest, the_number_of_windows_is_bounded) {
  auto few = options("shop");
  few.max_windows = 2;
  Audit audit(few);
  for (const auto* topic : {"a", "b", "c"}) send(audit, {.topic = topic, .value = "v"});
  EXPECT_EQ(audit.sent().size(), 2U);
  EXPECT_EQ(audit.unaccounted(), 1U);
}

TEST_F(AuditTest, windows_travel_as_text) {
  const AuditWindow window{.source = "shop no. 1",
                           .topic = "t",
                           .start = Timestamp(101min),
                           .count = 3,
                           .checksum = ~0ULL,
                           .uncertain = 2,
                           .altered = 1};
  Bytes text;
  Serde<AuditWindow>::write(window, text);
  EXPECT_EQ(Serde<AuditWindow>::read(text), window);
  for (const auto* wrong :
       {"", "1", "1 2 3 4 5 6", "1 2 3 4 5 6 t", "1 2 x 4 5 6 t s", "9 2 3 4 5 6 t s"}) {
    EXPECT_FALSE(Serde<AuditWindow>::read(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace ottla::interceptors
