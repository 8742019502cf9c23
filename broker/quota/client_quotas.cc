#include "broker/quota/client_quotas.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "broker/security/client_host.h"

namespace ottla::broker {
namespace {

// Names are told apart by so many bytes of them: a client may send 32 KiB.
constexpr std::size_t kMostNameBytes = 1024;

// A look for what can be forgotten goes through everything.
constexpr auto kBetweenSweeps = std::chrono::seconds(10);

}  // namespace

ClientQuotas::ClientQuotas(base::Loop& loop, const BrokerConfig& config)
    : loop_(loop),
      windows_{config.quota_window_num, std::chrono::seconds(config.quota_window_size_seconds)},
      mutation_windows_{config.controller_quota_window_num,
                        std::chrono::seconds(config.controller_quota_window_size_seconds)} {}

void ClientQuotas::on_image(const MetadataImage& image, const MetadataChanges& changes) {
  for (const auto& entity : changes.changed_quotas) {
    const auto* values = image.quotas().find(entity);
    limits_.change(entity, values == nullptr ? nullptr : values->get());
  }
}

base::Duration ClientQuotas::charge(QuotaKind kind, const QuotaClient& client, double amount) {
  if (!has(kind)) return {};
  const auto limit = limits_.find(kind, client);
  if (!limit) return {};
  auto& window = meter_of(kind, *limit).window;
  window.add(amount, loop_.now(), windows_);
  return window.delay(limit->bound, loop_.now(), windows_);
}

void ClientQuotas::note_time(const QuotaClient& client, base::Duration time) {
  const double percent = 100 * std::chrono::duration<double>(time).count();
  charge(QuotaKind::request, client, percent);
}

base::Duration ClientQuotas::delay(QuotaKind kind, const QuotaClient& client) {
  if (!has(kind)) return {};
  const auto limit = limits_.find(kind, client);
  if (!limit) return {};
  const auto delay = meter_of(kind, *limit).window.delay(limit->bound, loop_.now(), windows_);
  return kind == QuotaKind::request ? std::min(delay, windows_.size) : delay;
}

double ClientQuotas::most_at_once(QuotaKind kind, const QuotaClient& client) const {
  const auto limit = has(kind) ? limits_.find(kind, client) : std::nullopt;
  if (!limit) return std::numeric_limits<double>::infinity();
  const auto whole = windows_.size * std::max(windows_.count - 1, 1);
  return limit->bound * std::chrono::duration<double>(whole).count();
}

base::Duration ClientQuotas::charge_mutations(const QuotaClient& client, double partitions,
                                              bool strict) {
  if (!has(QuotaKind::mutation)) return {};
  const auto limit = limits_.find(QuotaKind::mutation, client);
  if (!limit) return {};
  auto& bucket = meter_of(QuotaKind::mutation, *limit).bucket;
  const auto now = loop_.now();
  if (strict) {
    const auto delay = bucket.delay(limit->bound, now, mutation_windows_);
    if (delay > base::Duration::zero()) return delay;
  }
  bucket.take(partitions, limit->bound, now, mutation_windows_);
  return strict ? base::Duration{} : bucket.delay(limit->bound, now, mutation_windows_);
}

base::Duration ClientQuotas::connect(const std::string& host) {
  if (!has(QuotaKind::connection)) return {};
  const auto address = client_host(host);
  const auto wait = charge(QuotaKind::connection, {address, {}}, 1);
  if (wait > base::Duration::zero()) ++delayed_connections_;
  return wait;
}

std::size_t ClientQuotas::meters() const {
  std::size_t count = 0;
  for (const auto& each : meters_) count += each.by_client.size();
  for (const auto& each : meters_alone_) count += each.by_client.size();
  return count;
}

ClientQuotas::Meter& ClientQuotas::meter_of(QuotaKind kind, const FoundLimit& limit) {
  auto& meters = (limit.of_client_id ? meters_ : meters_alone_)[static_cast<std::size_t>(kind)];
  const std::pair<std::string_view, std::string_view> key{
      limit.user.substr(0, kMostNameBytes), limit.client_id.substr(0, kMostNameBytes)};
  const auto found = meters.by_client.find(key);
  if (found != meters.by_client.end()) {
    found->second.limit = limit.bound;
    return found->second;
  }
  if (loop_.now() >= meters.next_sweep) sweep(meters, windows_of(kind));
  if (meters.by_client.size() >= kMostMeters) return meters.others;
  auto& made = meters.by_client[std::pair<std::string, std::string>(key)];
  made.limit = limit.bound;
  return made;
}

ClientQuotas::Usage ClientQuotas::usage_of(QuotaKind kind, const Meter& meter) const {
  const auto now = loop_.now();
  Usage usage{.limit = meter.limit};
  if (kind == QuotaKind::mutation) {
    usage.used = meter.bucket.tokens(now, mutation_windows_);
    if (usage.used < 0) usage.wait = throttle_of(-usage.used / meter.limit);
  } else {
    usage.used = meter.window.rate(now, windows_);
    usage.wait = meter.window.delay(meter.limit, now, windows_);
  }
  const auto most = kind == QuotaKind::request ? windows_.size : windows_of(kind).span();
  usage.wait = std::min(usage.wait, most);
  return usage;
}

std::vector<ClientQuotas::Usage> ClientQuotas::busiest(QuotaKind kind, std::size_t most) const {
  struct Found {
    const std::pair<std::string, std::string>* names;
    Usage usage;
    double share;  // of the limit
  };
  std::vector<Found> found;
  const auto at = static_cast<std::size_t>(kind);
  const auto& alone = meters_alone_[at].by_client;
  for (const auto* meters : {&alone, &meters_[at].by_client}) {
    for (const auto& [names, meter] : *meters) {
      // A quota that has changed may have left another behind, until that is forgotten.
      if (meters != &alone && alone.contains(names)) continue;
      const auto usage = usage_of(kind, meter);
      const auto used = kind == QuotaKind::mutation ? -usage.used : usage.used;
      found.push_back({&names, usage, used / std::max(meter.limit, 1e-9)});
    }
  }
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(most, found.size()));
  std::partial_sort(found.begin(), end, found.end(),
                    [](const Found& a, const Found& b) { return a.share > b.share; });
  std::vector<Usage> usages;
  for (auto each = found.begin(); each != end; ++each) {
    usages.push_back(std::move(each->usage));
    usages.back().user = each->names->first;
    usages.back().client_id = each->names->second;
  }
  return usages;
}

void ClientQuotas::sweep(Meters& meters, const QuotaWindows& windows) {
  const auto now = loop_.now();
  std::erase_if(meters.by_client, [&](const auto& each) {
    return each.second.window.is_idle(now, windows) && each.second.bucket.is_idle(now, windows);
  });
  meters.next_sweep = now + kBetweenSweeps;
}

}  // namespace ottla::broker
