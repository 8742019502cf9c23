#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/error.h"
#include "ottla/result.h"

// What an administrator sees and changes of quotas: what users, clients and addresses may use of
// each broker (KIP-546). The calls are those of `Admin` (admin.h).
namespace ottla {

enum class QuotaEntityType : std::uint8_t { user, client_id, ip };

// "user", "client-id", "ip".
std::string_view to_string(QuotaEntityType type);

// Whom quotas are for: a user, a client-id, both together, or an ip, by name. Without a name it is
// the default, for all of whom no other quota speaks: {{QuotaEntityType::user, std::nullopt}}.
using ClientQuotaEntity = std::map<QuotaEntityType, std::optional<std::string>>;

// "user alice, client-id app", "default user".
std::string to_string(const ClientQuotaEntity& entity);

// By Kafka's names: producer_byte_rate and consumer_byte_rate (bytes a second), request_percentage
// (of the time of a thread), controller_mutation_rate (partitions a second); of an ip
// connection_creation_rate (a second).
using ClientQuotaValues = std::map<std::string, double>;

// Of all entities that have any.
using ClientQuotas = std::map<ClientQuotaEntity, ClientQuotaValues>;

// Which entities are asked for: those of which each component says so.
struct ClientQuotaFilter {
  enum class Match : std::uint8_t { name, default_entity, any };
  struct Component {
    QuotaEntityType type = QuotaEntityType::user;
    Match match = Match::any;
    std::string name{};  // where a name is to match
  };

  std::vector<Component> components{};  // none: all that there are
  bool strict = false;                  // not those that have a type without a component
};

// Sets what has a value and takes away the rest.
struct ClientQuotaAlteration {
  ClientQuotaEntity entity;
  std::map<std::string, std::optional<double>> changes;
};

// One entry for each entity: none, or why nothing of it was changed.
using ClientQuotaOutcomes = std::map<ClientQuotaEntity, std::optional<Error>>;

}  // namespace ottla
