#include <gtest/gtest.h>

#include <limits>

#include "broker/metadata/metadata_delta.h"
#include "broker/metadata/quota_requests.h"

namespace ottla::broker {
namespace {

using Image = std::shared_ptr<const MetadataImage>;

Image made_of(const Image& before, const Decision<AlterQuotasResult>& decision) {
  MetadataDelta delta(before);
  for (const auto& record : decision.records) EXPECT_TRUE(delta.apply(record));
  return delta.image(Offset(before->last_offset().value + 1), 1);
}

Image nothing() {
  return MetadataImage::empty("cluster");
}

QuotaValues values_of(const Image& image, const QuotaEntity& entity) {
  const auto* found = image->quotas().find(entity);
  return found == nullptr ? QuotaValues() : **found;
}

Image set(const Image& before, const QuotaEntityParts& entity,
          const std::vector<QuotaChange>& changes) {
  const std::vector<QuotaAlteration> alterations{{entity, changes}};
  const auto decision = decide_alter_quotas(alterations, *before);
  EXPECT_TRUE(decision.results.at(0).result) << decision.results.at(0).result.error();
  return made_of(before, decision);
}

// Why one entity is refused; nothing may be written for it.
std::string refused(const QuotaEntityParts& entity, const std::vector<QuotaChange>& changes) {
  const std::vector<QuotaAlteration> alterations{{entity, changes}};
  const auto image = nothing();
  const auto decision = decide_alter_quotas(alterations, *image);
  EXPECT_TRUE(decision.records.empty());
  const auto& result = decision.results.at(0).result;
  if (result) return "nothing";
  EXPECT_EQ(result.error().code(), ErrorCode::invalid_request);
  return result.error().message();
}

TEST(AlterQuotas, every_combination_of_users_and_clients_is_an_entity_of_its_own) {
  const QuotaEntityParts all[] = {{{"user", "alice"}},
                                  {{"user", std::nullopt}},
                                  {{"client-id", "app"}},
                                  {{"client-id", std::nullopt}},
                                  {{"user", "alice"}, {"client-id", "app"}},
                                  {{"client-id", std::nullopt}, {"user", std::nullopt}},
                                  {{"ip", "10.0.0.1"}},
                                  {{"ip", std::nullopt}}};
  auto image = nothing();
  double value = 0;
  for (const auto& entity : all) {
    const bool address = entity[0].first == "ip";
    image = set(image, entity,
                {{address ? "connection_creation_rate" : "producer_byte_rate", ++value}});
  }
  EXPECT_EQ(image->quotas().size(), 8U);
  EXPECT_EQ(values_of(image, {{"user", "alice"}, {"client-id", "app"}}),
            (QuotaValues{{"producer_byte_rate", 5}}));
  EXPECT_EQ(values_of(image, {{"user", std::nullopt}, {"client-id", std::nullopt}}),
            (QuotaValues{{"producer_byte_rate", 6}}));
  EXPECT_EQ(values_of(image, {{"ip", std::nullopt}}),
            (QuotaValues{{"connection_creation_rate", 8}}));
}

TEST(AlterQuotas, an_entity_without_a_quota_left_is_gone) {
  const QuotaEntityParts alice{{"user", "alice"}};
  auto image = set(nothing(), alice, {{"producer_byte_rate", 7}, {"request_percentage", 0.5}});
  image = set(image, alice, {{"producer_byte_rate", std::nullopt}, {"request_percentage", 1.5}});
  EXPECT_EQ(values_of(image, {{"user", "alice"}}), (QuotaValues{{"request_percentage", 1.5}}));
  image = set(image, alice, {{"request_percentage", std::nullopt}});
  EXPECT_TRUE(image->quotas().empty());
}

TEST(AlterQuotas, what_is_so_already_is_not_written) {
  const auto image = set(nothing(), {{"user", "alice"}}, {{"producer_byte_rate", 7}});
  const std::vector<QuotaAlteration> same{
      {{{"user", "alice"}}, {{"producer_byte_rate", 7}, {"never_heard_of", std::nullopt}}}};
  const auto decision = decide_alter_quotas(same, *image);
  EXPECT_TRUE(decision.results.at(0).result);
  EXPECT_TRUE(decision.records.empty());
}

TEST(AlterQuotas, entities_that_there_are_not_are_refused) {
  const std::vector<QuotaChange> change{{"producer_byte_rate", 1}};
  EXPECT_NE(refused({}, change).find("neither user"), std::string::npos);
  EXPECT_NE(refused({{"topic", "t"}}, change).find("'topic'"), std::string::npos);
  EXPECT_NE(refused({{"user", ""}}, change).find("empty"), std::string::npos);
  EXPECT_NE(refused({{"user", std::string(1025, 'u')}}, change).find("1024"), std::string::npos);
  EXPECT_NE(refused({{"user", "a"}, {"user", "b"}}, change).find("more than one user"),
            std::string::npos);
  EXPECT_NE(refused({{"user", "a"}, {"ip", "::1"}}, change).find("ip"), std::string::npos);
  EXPECT_NE(refused({{"ip", "no.such.host"}}, {{"connection_creation_rate", 1}}).find("no address"),
            std::string::npos);
}

TEST(AlterQuotas, values_are_above_zero_and_whole_where_they_count_things) {
  const auto why = [](std::string_view key, double value) {
    return refused({{"user", "a"}}, {{std::string(key), value}});
  };
  EXPECT_NE(why("connection_creation_rate", 1).find("there is no quota"), std::string::npos);
  EXPECT_NE(why("producer_byte_rate", 0).find("greater than 0"), std::string::npos);
  EXPECT_NE(why("request_percentage", -1).find("greater than 0"), std::string::npos);
  EXPECT_NE(
      why("request_percentage", std::numeric_limits<double>::quiet_NaN()).find("greater than 0"),
      std::string::npos);
  EXPECT_NE(why("consumer_byte_rate", 1.5).find("whole"), std::string::npos);
  EXPECT_NE(why("consumer_byte_rate", 1e30).find("too great"), std::string::npos);
  EXPECT_NE(refused({{"ip", std::nullopt}}, {{"connection_creation_rate", 3e9}}).find("too great"),
            std::string::npos);
  EXPECT_NE(refused({{"ip", std::nullopt}}, {{"producer_byte_rate", 1}}).find("of an ip"),
            std::string::npos);
  set(nothing(), {{"user", "a"}}, {{"controller_mutation_rate", 0.25}});
}

TEST(AlterQuotas, an_entity_or_a_key_twice_changes_nothing) {
  EXPECT_NE(refused({{"user", "a"}}, {{"producer_byte_rate", 1}, {"producer_byte_rate", 2}})
                .find("twice"),
            std::string::npos);
  const std::vector<QuotaAlteration> twice{
      {{{"user", "a"}, {"client-id", "c"}}, {{"producer_byte_rate", 1}}},
      {{{"user", "b"}}, {{"producer_byte_rate", 1}}},
      {{{"client-id", "c"}, {"user", "a"}}, {{"producer_byte_rate", 2}}}};
  const auto image = nothing();
  const auto decision = decide_alter_quotas(twice, *image);
  ASSERT_EQ(decision.results.size(), 2U);
  EXPECT_FALSE(decision.results[0].result);
  EXPECT_TRUE(decision.results[1].result);
  EXPECT_EQ(decision.records.size(), 1U);
}

TEST(AlterQuotas, one_bad_change_of_an_entity_keeps_its_others_from_being_made) {
  EXPECT_NE(refused({{"user", "a"}}, {{"producer_byte_rate", 1}, {"consumer_byte_rate", -1}}),
            "nothing");
}

TEST(FindQuotas, by_name_by_default_and_by_type) {
  using Match = QuotaFilter::Match;
  auto image = set(nothing(), {{"user", "alice"}}, {{"producer_byte_rate", 1}});
  image = set(image, {{"user", std::nullopt}}, {{"producer_byte_rate", 2}});
  image = set(image, {{"user", "alice"}, {"client-id", "app"}}, {{"producer_byte_rate", 3}});
  image = set(image, {{"client-id", "app"}}, {{"producer_byte_rate", 4}});
  const auto found = [&](QuotaFilter filter) {
    std::vector<double> values;
    for (const auto& [entity, of] : find_quotas(filter, *image)) {
      values.push_back(of->begin()->second);
    }
    return values;
  };
  EXPECT_EQ(found({}), (std::vector<double>{4, 3, 2, 1}));
  EXPECT_EQ(found({{{"user", Match::exact, "alice"}}}), (std::vector<double>{3, 1}));
  EXPECT_EQ(found({{{"user", Match::exact, "alice"}}, true}), (std::vector<double>{1}));
  EXPECT_EQ(found({{{"user", Match::default_name, {}}}}), (std::vector<double>{2}));
  EXPECT_EQ(found({{{"user", Match::any, {}}}, true}), (std::vector<double>{2, 1}));
  EXPECT_EQ(found({{{"user", Match::any, {}}, {"client-id", Match::exact, "app"}}}),
            (std::vector<double>{3}));
  EXPECT_TRUE(found({{{"ip", Match::any, {}}}}).empty());
}

TEST(QuotaRecords, are_applied_whatever_they_name_and_tell_who_is_concerned) {
  const auto before = set(nothing(), {{"user", "alice"}}, {{"producer_byte_rate", 1}});
  MetadataDelta delta(before);
  ClientQuotaRecord unknown;
  unknown.entity = {{"planet", "mars"}};
  unknown.key = "oxygen";
  unknown.value = -1;
  ASSERT_TRUE(delta.apply(unknown));
  ClientQuotaRecord removed;
  removed.entity = {{"user", "bob"}};
  removed.key = "producer_byte_rate";
  removed.remove = true;
  ASSERT_TRUE(delta.apply(removed));
  EXPECT_EQ(delta.changes().changed_quotas.size(), 2U);
  const auto after = delta.image(Offset(9), 1);
  EXPECT_EQ(values_of(after, {{"planet", "mars"}}), (QuotaValues{{"oxygen", -1}}));
  EXPECT_EQ(after->quotas().size(), 2U);
  EXPECT_EQ(before->quotas().size(), 1U);
}

TEST(QuotaRecords, of_a_transaction_that_is_aborted_never_were) {
  MetadataDelta delta(nothing());
  ClientQuotaRecord record;
  record.entity = {{"user", "alice"}};
  record.key = "producer_byte_rate";
  record.value = 5;
  ASSERT_TRUE(delta.apply(BeginTransactionRecord()));
  ASSERT_TRUE(delta.apply(record));
  ASSERT_TRUE(delta.apply(AbortTransactionRecord()));
  EXPECT_TRUE(delta.changes().changed_quotas.empty());
  EXPECT_TRUE(delta.image(Offset(3), 1)->quotas().empty());
}

}  // namespace
}  // namespace ottla::broker
