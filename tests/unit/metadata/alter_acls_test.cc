#include <gtest/gtest.h>

#include "broker/metadata/acl_requests.h"
#include "broker/metadata/metadata_delta.h"

namespace ottla::broker {
namespace {

AclBinding acl(std::string name, std::string principal = "User:alice") {
  return {.resource_type = AclResourceType::topic,
          .resource_name = std::move(name),
          .principal = std::move(principal),
          .operation = AclOperation::read};
}

class AlterAcls : public testing::Test {
 protected:
  // The codes of the answers; what is decided holds from then on.
  std::vector<ErrorCode> create(const std::vector<AclBinding>& acls) {
    const auto decision = decide_create_acls(acls, *image_, random_);
    records_ = decision.records.size();
    apply(decision.records);
    return codes_of(decision);
  }
  std::vector<ErrorCode> remove(const std::vector<AclBindingFilter>& filters) {
    const auto decision = decide_delete_acls(filters, *image_);
    records_ = decision.records.size();
    apply(decision.records);
    return codes_of(decision);
  }
  std::vector<AclBinding> all() const { return find_acls({}, *image_); }

  template <class Decision>
  static std::vector<ErrorCode> codes_of(const Decision& decision) {
    std::vector<ErrorCode> codes;
    for (const auto& [result] : decision.results) {
      codes.push_back(result ? ErrorCode::none : result.error().code());
    }
    return codes;
  }

  void apply(const std::vector<MetadataRecord>& records) {
    MetadataDelta delta(image_);
    for (const auto& record : records) ASSERT_TRUE(delta.apply(record));
    image_ = delta.image(Offset(image_->last_offset().value + 1), 1);
    changes_ = delta.changes();
  }

  std::shared_ptr<const MetadataImage> image_ = MetadataImage::empty("cluster");
  MetadataChanges changes_;
  std::size_t records_ = 0;
  base::Random random_{5};
};

using Codes = std::vector<ErrorCode>;

TEST_F(AlterAcls, what_is_created_is_there_once) {
  EXPECT_EQ(create({acl("a"), acl("b"), acl("a")}), Codes(3, ErrorCode::none));
  EXPECT_EQ(all(), (std::vector{acl("a"), acl("b")}));
  EXPECT_EQ(changes_.added_acls.size(), 2U);
  EXPECT_EQ(create({acl("b")}), Codes{ErrorCode::none});
  EXPECT_EQ(records_, 0U);
}

TEST_F(AlterAcls, taking_one_of_a_resource_away_leaves_the_others) {
  create({acl("a"), acl("a", "User:bob"), acl("b")});
  EXPECT_EQ(remove({{.resource_name = "a", .principal = "User:bob"}}), Codes{ErrorCode::none});
  EXPECT_EQ(all(), (std::vector{acl("a"), acl("b")}));
  ASSERT_EQ(changes_.removed_acls.size(), 1U);
  EXPECT_EQ(*changes_.removed_acls[0], acl("a", "User:bob"));
}

TEST_F(AlterAcls, what_two_filters_match_is_told_by_both_and_taken_away_once) {
  create({acl("a"), acl("b")});
  const auto decision =
      decide_delete_acls({{.resource_name = "a"}, {.principal = "User:alice"}}, *image_);
  ASSERT_EQ(decision.results.size(), 2U);
  EXPECT_EQ(decision.results[0].result->size(), 1U);
  EXPECT_EQ(decision.results[1].result->size(), 2U);
  EXPECT_EQ(decision.records.size(), 2U);
}

TEST_F(AlterAcls, what_cannot_be_an_acl_is_refused_and_the_others_are_made) {
  std::vector<AclBinding> bad(8, acl("x"));
  bad[0].resource_type = AclResourceType::any;
  bad[1].resource_type = static_cast<AclResourceType>(77);
  bad[2].pattern_type = AclPatternType::match;
  bad[3].operation = AclOperation::any;
  bad[4].permission = AclPermission::any;
  bad[5].resource_name = "";
  bad[6].principal = "alice";
  bad[7].host = "";
  auto cluster = acl("my-cluster");
  cluster.resource_type = AclResourceType::cluster;
  bad.push_back(cluster);
  bad.push_back(acl("good"));
  Codes expected(9, ErrorCode::invalid_request);
  expected.push_back(ErrorCode::none);
  EXPECT_EQ(create(bad), expected);
  EXPECT_EQ(all(), std::vector{acl("good")});
}

TEST_F(AlterAcls, a_filter_with_a_number_that_nothing_has_is_refused) {
  create({acl("a")});
  EXPECT_EQ(remove({{.resource_type = AclResourceType::unknown},
                    {.pattern_type = static_cast<AclPatternType>(9)},
                    {.operation = AclOperation::unknown},
                    {.permission = AclPermission::unknown}}),
            Codes(4, ErrorCode::invalid_request));
  EXPECT_EQ(all().size(), 1U);
}

TEST_F(AlterAcls, a_removal_of_what_was_never_there_is_corrupt) {
  MetadataDelta delta(image_);
  const auto applied = delta.apply(RemoveAccessControlEntryRecord{.id = {3, 4}});
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code(), ErrorCode::corrupt_data);
}

TEST_F(AlterAcls, one_that_comes_and_goes_between_two_images_changes_nothing) {
  MetadataDelta delta(image_);
  AccessControlEntryRecord record;
  record.id = {1, 1};
  record.resource_type = 2;
  record.resource_name = "t";
  ASSERT_TRUE(delta.apply(record));
  ASSERT_TRUE(delta.apply(RemoveAccessControlEntryRecord{.id = {1, 1}}));
  EXPECT_TRUE(delta.changes().added_acls.empty());
  EXPECT_TRUE(delta.changes().removed_acls.empty());
}

}  // namespace
}  // namespace ottla::broker
