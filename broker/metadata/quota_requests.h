#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/metadata/decision.h"
#include "broker/metadata/metadata_image.h"
#include "broker/metadata/quota_entity.h"
#include "ottla/result.h"

namespace ottla::broker {

// The parts of an entity as a request names them, which may be none of those that there are.
using QuotaEntityParts = std::vector<std::pair<std::string, std::optional<std::string>>>;

struct QuotaChange {
  std::string key;
  std::optional<double> value;  // null: the limit goes
};

// What a request asks for one entity.
struct QuotaAlteration {
  QuotaEntityParts entity;
  std::vector<QuotaChange> changes;
};

struct AlterQuotasResult {
  QuotaEntityParts entity;
  Result<void> result;
};

// Decides on a request by the image alone, entity by entity, all of whose changes are made or none;
// writes nothing. The error codes are documented at Controller::alter_quotas.
Decision<AlterQuotasResult> decide_alter_quotas(const std::vector<QuotaAlteration>& alterations,
                                                const MetadataImage& image);

// Which entities are asked for. Each component is for one type.
struct QuotaFilter {
  enum class Match : std::uint8_t { exact, default_name, any };
  struct Component {
    std::string type;
    Match match = Match::exact;
    std::string name;  // of an exact match
  };

  std::vector<Component> components;
  bool strict = false;  // the entity has no other types
};

// Sorted. Cost: one look at each entity that there is. Valid as long as the image.
std::vector<std::pair<const QuotaEntity*, const QuotaValues*>> find_quotas(
    const QuotaFilter& filter, const MetadataImage& image);

}  // namespace ottla::broker
