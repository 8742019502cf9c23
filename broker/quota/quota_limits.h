#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "broker/metadata/quota_entity.h"

namespace ottla::broker {

// What is limited. Connections are those of an address, which stands where others have a user.
enum class QuotaKind : std::uint8_t { produce, fetch, request, mutation, connection };
inline constexpr std::size_t kQuotaKinds = 5;

// Who uses something.
struct QuotaClient {
  std::string_view user;
  std::string_view client_id;
};

struct ClientNamesLess {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    const auto order = std::string_view(a.first).compare(std::string_view(b.first));
    return order != 0 ? order < 0 : std::string_view(a.second) < std::string_view(b.second);
  }
};

// What there is for users and client-ids, found by views of both. A tree, since clients choose
// their names.
template <class T>
using ByClient = std::map<std::pair<std::string, std::string>, T, ClientNamesLess>;

// A limit, and among whom it is shared: where `user` is empty, users of all names, and the same for
// `client_id`.
struct FoundLimit {
  double bound = 0;
  std::string_view user;
  std::string_view client_id;
  bool of_client_id = false;  // clients with different ones have it each for itself
};

// The limits of all entities, by what applies to a client. Kafka's order: a limit of the user and
// the client-id goes before one of the user, that before one of the client-id; in each a name goes
// before the default, the user's first.
class QuotaLimits {
 public:
  // What an entity has now; null: nothing. What is not known here limits nobody.
  void change(const QuotaEntity& entity, const QuotaValues* values);

  // Whether anybody has a limit of this kind.
  bool has(QuotaKind kind) const { return counts_[static_cast<std::size_t>(kind)] > 0; }

  // The first that applies. Cost: a look for each of the eight levels that are in use.
  std::optional<FoundLimit> find(QuotaKind kind, const QuotaClient& client) const;

 private:
  static constexpr std::size_t kLevels = 8;
  using Level = ByClient<double>;

  std::array<std::array<Level, kLevels>, kQuotaKinds> limits_;
  std::array<std::size_t, kQuotaKinds> counts_{};
};

}  // namespace ottla::broker
