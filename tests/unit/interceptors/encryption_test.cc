#include "ottla/interceptors/encryption.h"

#include <gtest/gtest.h>

#include <vector>

#include "interceptors/sealing.h"
#include "tests/unit/interceptors/received.h"

namespace ottla::interceptors {
namespace {

const std::string kFirst(32, 'a');
const std::string kSecond(32, 'b');

class EncryptionTest : public testing::Test {
 protected:
  EncryptionTest() {
    EXPECT_TRUE(keys->add("first", kFirst));
    encrypt = Encrypt::make({.keys = keys}).value();
  }

  // What the application gets, and of what it does not get, why.
  struct Got {
    std::vector<std::string> values;
    std::vector<ErrorCode> errors;
  };
  Got get(Received& records_of, DecryptOptions options = {},
          Unreadable answer = Unreadable::leave_out) {
    Got got;
    if (!options.keys) options.keys = keys;
    options.on_unreadable = [&](const RecordView&, const Error& why) {
      got.errors.push_back(why.code());
      EXPECT_FALSE(why.context().topic.empty());
      return answer;
    };
    const auto decrypt = Decrypt::make(std::move(options)).value();
    MutableRecords records(records_of.poll());
    decrypt->on_consume(records);
    for (const auto& record : records) got.values.emplace_back(record.value());
    return got;
  }

  std::shared_ptr<KeyRing> keys = std::make_shared<KeyRing>();
  std::shared_ptr<Encrypt> encrypt;
  Received received;
};

TEST_F(EncryptionTest, brings_back_what_was_sent_and_hides_it_in_between) {
  const std::string secret = "a secret that is long enough not to stand there by chance";
  received.send(*encrypt, {.topic = "t", .key = "k", .value = secret});
  received.send(*encrypt, {.topic = "t", .value = ""});
  EXPECT_EQ(received.at(0).value->find("secret"), std::string::npos);
  EXPECT_EQ(received.at(0).value->size(), secret.size() + kNonceSize + kTagSize);
  EXPECT_EQ(received.at(0).key, "k") << "partitions are chosen by it";
  const auto got = get(received);
  EXPECT_EQ(got.values, (std::vector<std::string>{secret, ""}));
}

TEST_F(EncryptionTest, the_same_value_never_looks_the_same) {
  const auto other = Encrypt::make({.keys = keys}).value();
  for (int i = 0; i < 3; ++i) received.send(*encrypt, {.topic = "t", .value = "v"});
  for (int i = 0; i < 3; ++i) received.send(*other, {.topic = "t", .value = "v"});
  std::set<Bytes> seen;
  for (std::size_t i = 0; i < 6; ++i) seen.insert(*received.at(i).value);
  EXPECT_EQ(seen.size(), 6U);
  EXPECT_EQ(get(received).values.size(), 6U);
}

TEST_F(EncryptionTest, every_bit_that_is_altered_is_noticed) {
  received.send(*encrypt, {.topic = "t", .key = "k", .value = "value"});
  const auto sound = received.at(0);
  const auto header = Bytes(*sound.headers.find("ottla-sealed"));
  int tried = 0;
  for (std::size_t bit = 0; bit < 8 * sound.value->size(); ++bit, ++tried) {
    received.at(0) = sound;
    (*received.at(0).value)[bit / 8] ^= static_cast<char>(1 << bit % 8);
    EXPECT_EQ(get(received).values.size(), 0U) << "bit " << bit << " of the value";
  }
  for (std::size_t bit = 0; bit < 8 * header.size(); ++bit, ++tried) {
    auto altered = header;
    altered[bit / 8] ^= static_cast<char>(1 << bit % 8);
    received.at(0) = sound;
    received.at(0).headers = Headers{{"ottla-sealed", altered}};
    EXPECT_EQ(get(received).values.size(), 0U) << "bit " << bit << " of the header";
  }
  EXPECT_GT(tried, 400);
  received.at(0) = sound;
  EXPECT_EQ(get(received).errors.size(), 0U) << "as it was it can be read";
}

TEST_F(EncryptionTest, values_cannot_be_exchanged_between_keys_and_topics) {
  received.send(*encrypt, {.topic = "t", .key = "k", .value = "v"});
  received.at(0).key = "another";
  EXPECT_EQ(get(received).errors, std::vector{ErrorCode::corrupt_data});
  received.at(0).key = "k";
  received.at(0).topic = "another";
  EXPECT_EQ(get(received).errors, std::vector{ErrorCode::corrupt_data});
}

TEST_F(EncryptionTest, without_being_bound_a_value_can_be_moved_to_another_topic) {
  const auto loose = Encrypt::make({.keys = keys, .bind_topic = false}).value();
  received.send(*loose, {.topic = "t", .value = "v"});
  received.at(0).topic = "mirror.t";
  EXPECT_EQ(get(received).values, std::vector<std::string>{"v"});
}

TEST_F(EncryptionTest, keys_rotate_while_records_of_the_old_one_are_read) {
  received.send(*encrypt, {.topic = "t", .value = "old"});
  ASSERT_TRUE(keys->add("second", kSecond));
  received.send(*encrypt, {.topic = "t", .value = "still old"});
  ASSERT_TRUE(keys->use("second"));
  received.send(*encrypt, {.topic = "t", .value = "new"});
  EXPECT_EQ(get(received).values.size(), 3U);
  ASSERT_TRUE(keys->remove("first"));
  const auto got = get(received);
  EXPECT_EQ(got.values, std::vector<std::string>{"new"});
  EXPECT_EQ(got.errors, (std::vector{ErrorCode::not_found, ErrorCode::not_found}));
}

TEST_F(EncryptionTest, a_key_that_takes_the_name_of_a_removed_one_is_another_key) {
  received.send(*encrypt, {.topic = "t", .value = "old"});
  ASSERT_TRUE(keys->add("second", kSecond));
  ASSERT_TRUE(keys->use("second"));
  ASSERT_TRUE(keys->remove("first"));
  ASSERT_TRUE(keys->add("first", kSecond));
  ASSERT_TRUE(keys->use("first"));
  received.send(*encrypt, {.topic = "t", .value = "new"});
  const auto got = get(received);
  EXPECT_EQ(got.values, std::vector<std::string>{"new"});
  EXPECT_EQ(got.errors, std::vector{ErrorCode::corrupt_data});
}

TEST_F(EncryptionTest, a_ring_says_what_is_wrong_with_a_key) {
  EXPECT_EQ(keys->add("short", "0123456789abcdef").error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(keys->add("", kSecond).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(keys->add("first", kSecond).error().code(), ErrorCode::already_in_use);
  EXPECT_EQ(keys->use("nobody").error().code(), ErrorCode::not_found);
  EXPECT_EQ(keys->remove("first").error().code(), ErrorCode::already_in_use);
  EXPECT_EQ(keys->remove("nobody").error().code(), ErrorCode::not_found);
}

TEST_F(EncryptionTest, what_cannot_be_encrypted_is_not_sent) {
  const auto no_keys = Encrypt::make({.keys = std::make_shared<KeyRing>()}).value();
  const ProducerRecord record{.topic = "t", .value = "a secret"};
  MutableRecord changing(record);
  no_keys->on_send(changing);
  ASSERT_TRUE(changing.rejection());
  EXPECT_EQ(changing.rejection()->code(), ErrorCode::serialization_failed);
}

TEST_F(EncryptionTest, plain_records_are_refused_unless_they_are_taken_for_what_they_are) {
  received.add({.topic = "t", .value = "anybody's"});
  EXPECT_EQ(get(received).errors, std::vector{ErrorCode::invalid_record});
  EXPECT_EQ(get(received, {}, Unreadable::hand_over).values, std::vector<std::string>{"anybody's"});
  EXPECT_EQ(get(received, {.accept_plain = true}).values, std::vector<std::string>{"anybody's"});
  EXPECT_EQ(get(received, {.topics = {"other"}}).values, std::vector<std::string>{"anybody's"});
}

TEST_F(EncryptionTest, headers_of_any_bytes_are_refused_in_order) {
  for (const auto& header :
       {Bytes(), Bytes("\1"), Bytes("\1\1short"), Bytes(18, '\1'), Bytes(2000, '\1'),
        Bytes("\2\1") + Bytes(30, 'x'), Bytes(40, '\xff')}) {
    Received hostile;
    hostile.add({.topic = "t", .value = "v", .headers = {{"ottla-sealed", header}}});
    EXPECT_EQ(get(hostile).values.size(), 0U);
  }
  Received null;
  null.add({.topic = "t", .value = "v", .headers = {{"ottla-sealed", kNull}}});
  EXPECT_EQ(get(null).errors, std::vector{ErrorCode::corrupt_data});
  Received shorter;
  shorter.send(*encrypt, {.topic = "t", .value = "v"});
  for (std::size_t size = 0; size < kNonceSize + kTagSize; ++size) {
    shorter.at(0).value = Bytes(size, 'x');
    EXPECT_EQ(get(shorter).errors, std::vector{ErrorCode::corrupt_data});
  }
}

TEST_F(EncryptionTest, tombstones_stay_tombstones) {
  received.send(*encrypt, {.topic = "t", .key = "k"});
  EXPECT_FALSE(received.at(0).value);
  EXPECT_EQ(get(received).errors.size(), 0U);
}

TEST_F(EncryptionTest, options_that_are_missing_are_named) {
  EXPECT_NE(Encrypt::make({}).error().message().find("keys"), std::string::npos);
  EXPECT_NE(Decrypt::make({.keys = keys}).error().message().find("on_unreadable"),
            std::string::npos);
}

}  // namespace
}  // namespace ottla::interceptors
