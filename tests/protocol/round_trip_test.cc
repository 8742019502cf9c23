#include <gtest/gtest.h>

#include <string>

#include "protocol/messages/all.h"
#include "protocol/wire/json.h"
#include "tests/protocol/randomize.h"

namespace ottla::protocol {
namespace {

constexpr int kMessagesPerVersion = 40;

// Calls `check(message, version)` with random messages of every type and version.
template <class Check>
void for_random_messages(std::uint64_t seed, Check&& check) {
  base::Random random(seed);
  AllApis::for_each_message([&]<class M>() {
    for (std::int16_t version = M::api.min; version <= M::api.max; ++version) {
      SCOPED_TRACE(std::string(M::api.name) + " " + std::string(name(M::side)) + " v" +
                   std::to_string(version));
      for (int i = 0; i < kMessagesPerVersion; ++i) {
        StringArena strings;
        M message;
        Randomize(version, M::api.flexible(version), random, strings).fill(message);
        check(message, version);
      }
    }
  });
}

TEST(RoundTrip, every_message_comes_back_as_it_was_at_every_version) {
  for_random_messages(1, []<class M>(const M& message, std::int16_t version) {
    const auto encoded = encode_body(message, version);
    ASSERT_TRUE(encoded) << encoded.error();
    const auto decoded = decode<M>(encoded->bytes.view(), version);
    ASSERT_TRUE(decoded) << decoded.error();
    EXPECT_EQ(*decoded, message);
  });
}

TEST(RoundTrip, the_measured_size_is_the_size_written) {
  for_random_messages(2, []<class M>(const M& message, std::int16_t version) {
    SizeOf size(version, M::api.flexible(version), {});
    size.put(message);
    ASSERT_FALSE(size.failure());
    std::string room(size.sink().bytes() + 64, '?');
    std::vector<ExternalRecords> external;
    Encoder encoder(version, M::api.flexible(version),
                    BufferSink(room.data(), room.data(), external));
    encoder.put(message);
    EXPECT_EQ(encoder.sink().at(), room.data() + size.sink().bytes());
  });
}

TEST(RoundTrip, every_message_comes_back_from_its_json) {
  for_random_messages(3, []<class M>(const M& message, std::int16_t version) {
    const std::string json = to_json(message, version);
    const auto read = from_json<M>(json, version);
    ASSERT_TRUE(read) << read.error() << " " << json;
    EXPECT_EQ(read->message, message) << json;
  });
}

TEST(RoundTrip, no_part_of_a_message_is_taken_for_the_whole) {
  for_random_messages(4, []<class M>(const M& message, std::int16_t version) {
    const auto encoded = encode_body(message, version);
    ASSERT_TRUE(encoded) << encoded.error();
    const BytesView whole = encoded->bytes.view();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string part(whole.substr(0, size));
      const auto decoded = decode<M>(part, version);
      ASSERT_FALSE(decoded) << "after " << size << " of " << whole.size() << " bytes";
      EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt_data);
    }
    const auto longer = decode<M>(std::string(whole) + '\0', version);
    EXPECT_FALSE(longer);
  });
}

TEST(RoundTrip, versions_outside_the_range_are_refused_by_name) {
  AllApis::for_each_message([]<class M>() {
    for (const int version : {M::api.min - 1, M::api.max + 1}) {
      const auto decoded = decode<M>("", static_cast<std::int16_t>(version));
      ASSERT_FALSE(decoded);
      EXPECT_EQ(decoded.error().code(), ErrorCode::unsupported_version);
      EXPECT_NE(decoded.error().message().find(M::api.name), std::string::npos);
      const auto encoded = encode_body(M{}, static_cast<std::int16_t>(version));
      ASSERT_FALSE(encoded);
      EXPECT_EQ(encoded.error().code(), ErrorCode::unsupported_version);
    }
  });
}

}  // namespace
}  // namespace ottla::protocol
