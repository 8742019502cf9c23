#include <gtest/gtest.h>

#include "broker/metadata/metadata_delta.h"
#include "broker/metadata/scram_requests.h"

namespace ottla::broker {
namespace {

constexpr std::int8_t kSha256 = 1;
constexpr std::int8_t kSha512 = 2;

std::shared_ptr<const MetadataImage> made_of(const std::shared_ptr<const MetadataImage>& before,
                                             const Decision<AlterScramResult>& decision) {
  MetadataDelta delta(before);
  for (const auto& record : decision.records) EXPECT_TRUE(delta.apply(record));
  return delta.image(Offset(before->last_offset().value + 1), 1);
}

ScramUpsertion upsertion(std::string user, std::int8_t mechanism = kSha256,
                         std::int32_t iterations = 4096) {
  return {.user = std::move(user),
          .mechanism = mechanism,
          .iterations = iterations,
          .salt = "salt",
          .salted_password = std::string(mechanism == kSha512 ? 64 : 32, 'p')};
}

// "alice", who has both.
std::shared_ptr<const MetadataImage> image() {
  const auto nothing = MetadataImage::empty("cluster");
  const ScramAlteration made{.deletions = {},
                             .upsertions = {upsertion("alice"), upsertion("alice", kSha512)}};
  return made_of(nothing, decide_alter_scram(made, *nothing));
}

ErrorCode code_of(const Decision<AlterScramResult>& decision, const std::string& user) {
  for (const auto& [name, result] : decision.results) {
    if (name == user) return result ? ErrorCode::none : result.error().code();
  }
  return ErrorCode::unknown_server_error;
}

TEST(AlterScram, what_is_kept_is_made_of_the_salted_password) {
  const auto after = image();
  const auto* credential = after->scram_credential("alice", ScramMechanism::sha_512);
  ASSERT_NE(credential, nullptr);
  EXPECT_EQ(*credential, protocol::make_scram_credential(ScramMechanism::sha_512,
                                                         std::string(64, 'p'), "salt", 4096));
  EXPECT_EQ(after->scram_credential("bob", ScramMechanism::sha_512), nullptr);
}

TEST(AlterScram, each_mechanism_of_a_user_is_its_own) {
  const auto before = image();
  const auto after = made_of(before, decide_alter_scram({{{"alice", kSha256}}, {}}, *before));
  EXPECT_EQ(after->scram_credential("alice", ScramMechanism::sha_256), nullptr);
  EXPECT_NE(after->scram_credential("alice", ScramMechanism::sha_512), nullptr);
  const auto gone = made_of(after, decide_alter_scram({{{"alice", kSha512}}, {}}, *after));
  EXPECT_TRUE(gone->scram_users().empty());
  EXPECT_NE(before->scram_credential("alice", ScramMechanism::sha_256), nullptr);
}

TEST(AlterScram, what_credentials_look_like_outlives_its_user) {
  const auto before = image();
  const auto forms = [](const std::shared_ptr<const MetadataImage>& of) {
    const auto all = of->scram_forms(ScramMechanism::sha_256);
    return std::vector<protocol::ScramForm>(all.begin(), all.end());
  };
  const protocol::ScramForm first{.iterations = 4096, .salt_size = 4, .is_text = true};
  const protocol::ScramForm second{.iterations = 8192, .salt_size = 4, .is_text = true};
  EXPECT_EQ(forms(before), std::vector{first});
  const auto after = made_of(
      before,
      decide_alter_scram({{{"alice", kSha256}}, {upsertion("bob", kSha256, 8192)}}, *before));
  EXPECT_EQ(forms(after), (std::vector{first, second}));
}

TEST(AlterScram, few_forms_of_credentials_are_remembered) {
  ScramAlteration alteration;
  for (int i = 0; i < 100; ++i) {
    alteration.upsertions.push_back(upsertion("user" + std::to_string(i), kSha256, 4096 + i));
  }
  const auto nothing = MetadataImage::empty("cluster");
  const auto after = made_of(nothing, decide_alter_scram(alteration, *nothing));
  EXPECT_EQ(after->scram_forms(ScramMechanism::sha_256).size(), 16U);
  EXPECT_TRUE(after->scram_forms(ScramMechanism::sha_512).empty());
}

TEST(AlterScram, what_cannot_be_a_credential_is_refused) {
  const auto bad = [](auto change) {
    auto one = upsertion("bob");
    change(one);
    const auto decision = decide_alter_scram({{}, {one}}, *image());
    const auto code = code_of(decision, one.user);
    EXPECT_EQ(decision.records.empty(), code != ErrorCode::none);
    return code;
  };
  const auto unacceptable = ErrorCode::unacceptable_credential;
  EXPECT_EQ(bad([](auto& one) { one.user = ""; }), unacceptable);
  EXPECT_EQ(bad([](auto& one) { one.user = std::string(1025, 'u'); }), unacceptable);
  EXPECT_EQ(bad([](auto& one) { one.iterations = 4095; }), unacceptable);
  EXPECT_EQ(bad([](auto& one) { one.iterations = 16385; }), unacceptable);
  EXPECT_EQ(bad([](auto& one) { one.salt = ""; }), unacceptable);
  EXPECT_EQ(bad([](auto& one) { one.salt = std::string(1025, 's'); }), unacceptable);
  EXPECT_EQ(bad([](auto& one) { one.salted_password.pop_back(); }), unacceptable);
  EXPECT_EQ(bad([](auto& one) { one.mechanism = 0; }), ErrorCode::unsupported_sasl_mechanism);
  EXPECT_EQ(bad([](auto& one) { one.mechanism = 3; }), ErrorCode::unsupported_sasl_mechanism);
  EXPECT_EQ(bad([](auto&) {}), ErrorCode::none) << "the others would be refused for nothing";
}

TEST(AlterScram, a_user_changes_whole_or_not_at_all_and_the_others_all_the_same) {
  const auto before = image();
  const ScramAlteration alteration{
      .deletions = {{"alice", kSha256}, {"nobody", kSha256}},
      .upsertions = {upsertion("alice", kSha512, 1), upsertion("bob")}};
  const auto decision = decide_alter_scram(alteration, *before);
  EXPECT_EQ(code_of(decision, "alice"), ErrorCode::unacceptable_credential);
  EXPECT_EQ(code_of(decision, "nobody"), ErrorCode::resource_not_found);
  EXPECT_EQ(code_of(decision, "bob"), ErrorCode::none);
  const auto after = made_of(before, decision);
  EXPECT_NE(after->scram_credential("alice", ScramMechanism::sha_256), nullptr);
  EXPECT_NE(after->scram_credential("bob", ScramMechanism::sha_256), nullptr);
}

TEST(AlterScram, a_mechanism_of_a_user_stands_once_in_a_request) {
  const auto twice = decide_alter_scram({{}, {upsertion("bob"), upsertion("bob")}}, *image());
  EXPECT_EQ(code_of(twice, "bob"), ErrorCode::duplicate_resource);
  const auto both = decide_alter_scram({{{"alice", kSha256}}, {upsertion("alice")}}, *image());
  EXPECT_EQ(code_of(both, "alice"), ErrorCode::duplicate_resource);
  EXPECT_TRUE(both.records.empty());
}

TEST(AlterScram, taking_away_what_is_not_there_is_a_damaged_log) {
  MetadataDelta delta(MetadataImage::empty("cluster"));
  const auto applied =
      delta.apply(RemoveUserScramCredentialRecord{.name = "nobody", .mechanism = kSha256});
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code(), ErrorCode::corrupt_data);
}

TEST(AlterScram, mechanisms_that_are_not_known_are_passed_over) {
  MetadataDelta delta(MetadataImage::empty("cluster"));
  EXPECT_TRUE(delta.apply(UserScramCredentialRecord{.name = "alice", .mechanism = 7}));
  EXPECT_TRUE(delta.apply(RemoveUserScramCredentialRecord{.name = "alice", .mechanism = 7}));
  EXPECT_TRUE(delta.image(Offset(2), 1)->scram_users().empty());
}

}  // namespace
}  // namespace ottla::broker
