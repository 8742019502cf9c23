#include "broker/quota/quota_limits.h"

#include "broker/security/client_host.h"

namespace ottla::broker {
namespace {

// How an entity names a user or a client-id.
enum class Part : std::uint8_t { absent, standard, named };

struct LevelForm {
  Part user;
  Part client_id;

  bool operator==(const LevelForm&) const = default;
};

// What goes first, first.
constexpr LevelForm kForms[] = {{Part::named, Part::named},       {Part::named, Part::standard},
                                {Part::named, Part::absent},      {Part::standard, Part::named},
                                {Part::standard, Part::standard}, {Part::standard, Part::absent},
                                {Part::absent, Part::named},      {Part::absent, Part::standard}};

constexpr std::string_view kKeys[] = {kProducerByteRate, kConsumerByteRate, kRequestPercentage,
                                      kControllerMutationRate, kConnectionCreationRate};

struct PartOf {
  Part part = Part::absent;
  std::string name;
};

PartOf part_of(const QuotaEntity& entity, std::string_view type) {
  const auto found = entity.find(type);
  if (found == entity.end()) return {};
  if (!found->second) return {Part::standard, {}};
  return {Part::named, *found->second};
}

}  // namespace

void QuotaLimits::change(const QuotaEntity& entity, const QuotaValues* values) {
  const bool of_address = entity.contains(kQuotaIp);
  auto user = part_of(entity, of_address ? kQuotaIp : kQuotaUser);
  auto client_id = part_of(entity, kQuotaClientId);
  if (of_address) user.name = client_host(user.name);
  const LevelForm form{user.part, client_id.part};
  std::size_t level = 0;
  while (level < kLevels && kForms[level] != form) ++level;
  if (level == kLevels) return;
  for (std::size_t kind = 0; kind < kQuotaKinds; ++kind) {
    if ((static_cast<QuotaKind>(kind) == QuotaKind::connection) != of_address) continue;
    auto& limits = limits_[kind][level];
    const std::pair<std::string, std::string> key{user.name, client_id.name};
    counts_[kind] -= limits.erase(key);
    if (values == nullptr) continue;
    const auto value = values->find(kKeys[kind]);
    if (value == values->end() || !(value->second > 0)) continue;
    limits.emplace(key, value->second);
    ++counts_[kind];
  }
}

std::optional<FoundLimit> QuotaLimits::find(QuotaKind kind, const QuotaClient& client) const {
  const auto& levels = limits_[static_cast<std::size_t>(kind)];
  for (std::size_t level = 0; level < kLevels; ++level) {
    if (levels[level].empty()) continue;
    const auto& form = kForms[level];
    const std::pair<std::string_view, std::string_view> key{
        form.user == Part::named ? client.user : std::string_view(),
        form.client_id == Part::named ? client.client_id : std::string_view()};
    const auto found = levels[level].find(key);
    if (found == levels[level].end()) continue;
    return FoundLimit{
        .bound = found->second,
        .user = form.user == Part::absent ? std::string_view() : client.user,
        .client_id = form.client_id == Part::absent ? std::string_view() : client.client_id,
        .of_client_id = form.client_id != Part::absent};
  }
  return std::nullopt;
}

}  // namespace ottla::broker
