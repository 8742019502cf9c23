#include <arpa/inet.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "broker/metadata/quota_requests.h"

namespace ottla::broker {
namespace {

// Longer than any name that a client can log in by.
constexpr std::size_t kMostNameBytes = 1024;

// How far a value may be from a whole number where it must be one.
constexpr double kWholeEnough = 1e-6;

struct Limit {
  std::string_view key;
  double most;  // whole numbers up to this; 0: any number
};

constexpr double kMostLong = 9223372036854775807.0;
constexpr double kMostInt = 2147483647.0;
constexpr Limit kOfClients[] = {{kProducerByteRate, kMostLong},
                                {kConsumerByteRate, kMostLong},
                                {kRequestPercentage, 0},
                                {kControllerMutationRate, 0}};
constexpr Limit kOfAddresses[] = {{kConnectionCreationRate, kMostInt}};

bool is_address(const std::string& text) {
  in6_addr address;
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

Result<void> check_part(const std::string& type, const std::optional<std::string>& name) {
  if (type != kQuotaUser && type != kQuotaClientId && type != kQuotaIp) {
    return invalid_request("there is no entity of the type '" + type +
                           "'; there are user, client-id, ip");
  }
  if (!name) return {};
  if (name->empty()) return invalid_request("the name of the " + type + " is empty");
  if (name->size() > kMostNameBytes) {
    return invalid_request("the name of the " + type + " is longer than " +
                           std::to_string(kMostNameBytes) + " bytes");
  }
  if (type == kQuotaIp && !is_address(*name)) {
    return invalid_request("the ip '" + *name + "' is no address, as 10.0.0.1 or ::1 are");
  }
  return {};
}

Result<QuotaEntity> entity_of(const QuotaEntityParts& parts) {
  QuotaEntity entity;
  for (const auto& [type, name] : parts) {
    if (auto checked = check_part(type, name); !checked) return checked.error();
    if (!entity.emplace(type, name).second) {
      return invalid_request("the entity has more than one " + type);
    }
  }
  if (entity.empty()) return invalid_request("the entity has neither user, client-id nor ip");
  if (entity.contains(kQuotaIp) && entity.size() > 1) {
    return invalid_request("the quota of an ip cannot be for a user or a client-id as well");
  }
  return entity;
}

Result<void> check_value(const QuotaEntity& entity, const QuotaChange& change) {
  const bool of_address = entity.contains(kQuotaIp);
  const auto limits = of_address ? std::span<const Limit>(kOfAddresses) : kOfClients;
  const auto limit = std::find_if(limits.begin(), limits.end(),
                                  [&](const Limit& each) { return each.key == change.key; });
  if (limit == limits.end()) {
    std::string known;
    for (const auto& each : limits) known += (known.empty() ? "" : ", ") + std::string(each.key);
    return invalid_request("there is no quota '" + change.key + "' of " +
                           (of_address ? "an ip" : "users and clients") + "; there is " + known);
  }
  const double value = *change.value;
  if (!(value > 0)) return invalid_request("the quota " + change.key + " must be greater than 0");
  if (limit->most == 0) return {};
  if (value > limit->most) return invalid_request("the quota " + change.key + " is too great");
  if (std::abs(std::floor(value + kWholeEnough) - value) > kWholeEnough) {
    return invalid_request("the quota " + change.key + " must be a whole number");
  }
  return {};
}

// One request on its way to a decision.
class QuotaAlterer {
 public:
  explicit QuotaAlterer(const MetadataImage& image) : image_(image) {}

  Decision<AlterQuotasResult> decide(const std::vector<QuotaAlteration>& alterations) {
    std::map<QuotaEntity, int> asked;
    for (const auto& alteration : alterations) {
      if (const auto entity = entity_of(alteration.entity)) ++asked[*entity];
    }
    for (const auto& alteration : alterations) {
      const auto entity = entity_of(alteration.entity);
      if (!entity) {
        decision_.results.push_back({alteration.entity, entity.error()});
      } else if (const auto times = std::exchange(asked[*entity], 0); times == 1) {
        decision_.results.push_back({alteration.entity, alter(*entity, alteration)});
      } else if (times > 1) {
        decision_.results.push_back(
            {alteration.entity, invalid_request("the request names the entity more than once")});
      }
    }
    return std::move(decision_);
  }

 private:
  Result<void> alter(const QuotaEntity& entity, const QuotaAlteration& alteration) {
    std::set<std::string_view> keys;
    for (const auto& change : alteration.changes) {
      if (!keys.insert(change.key).second) {
        return invalid_request("the request names the quota " + change.key +
                               " of the entity twice");
      }
      if (!change.value) continue;
      if (auto checked = check_value(entity, change); !checked) return checked;
    }
    const auto* shared = image_.quotas().find(entity);
    static const QuotaValues kNone;
    const auto& now = shared == nullptr ? kNone : **shared;
    for (const auto& change : alteration.changes) {
      const auto found = now.find(change.key);
      const bool there = found != now.end();
      const bool same = change.value ? there && found->second == *change.value : !there;
      if (!same) decision_.records.push_back(record_of(alteration, change));
    }
    return {};
  }

  static ClientQuotaRecord record_of(const QuotaAlteration& alteration, const QuotaChange& change) {
    ClientQuotaRecord record;
    for (const auto& [type, name] : alteration.entity) record.entity.push_back({type, name});
    record.key = change.key;
    record.value = change.value.value_or(0);
    record.remove = !change.value;
    return record;
  }

  const MetadataImage& image_;
  Decision<AlterQuotasResult> decision_;
};

bool matches(const QuotaFilter::Component& component, const QuotaEntity& entity) {
  const auto found = entity.find(component.type);
  if (found == entity.end()) return false;
  switch (component.match) {
    case QuotaFilter::Match::exact:
      return found->second == component.name;
    case QuotaFilter::Match::default_name:
      return !found->second;
    case QuotaFilter::Match::any:
      return true;
  }
  return false;
}

}  // namespace

Decision<AlterQuotasResult> decide_alter_quotas(const std::vector<QuotaAlteration>& alterations,
                                                const MetadataImage& image) {
  return QuotaAlterer(image).decide(alterations);
}

std::vector<std::pair<const QuotaEntity*, const QuotaValues*>> find_quotas(
    const QuotaFilter& filter, const MetadataImage& image) {
  std::vector<std::pair<const QuotaEntity*, const QuotaValues*>> found;
  image.quotas().for_each([&](const QuotaEntity& entity, const auto& values) {
    const auto& wanted = filter.components;
    if (filter.strict && entity.size() != wanted.size()) return;
    const bool all = std::all_of(wanted.begin(), wanted.end(), [&entity](const auto& component) {
      return matches(component, entity);
    });
    if (all) found.emplace_back(&entity, values.get());
  });
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return *a.first < *b.first; });
  return found;
}

}  // namespace ottla::broker
