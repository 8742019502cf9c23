#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "broker/config/broker_config.h"
#include "broker/metadata/metadata_image.h"
#include "broker/quota/quota_limits.h"
#include "broker/quota/usage_window.h"

namespace ottla::broker {

// What clients use of this broker, and how long they have to wait for having used more than their
// quotas allow (KIP-13, KIP-124, KIP-599, KIP-612). Asked on the way of every request: with no
// quota of a kind that costs a comparison. One loop.
//
// Bounded, whatever clients call themselves: use is counted apart for kMostMeters at a time, and
// together for who comes on top; who has used nothing for as long as the windows reach back is
// forgotten. What is a user's or an address's alone has as much room of its own: names that clients
// make up take none of it.
class ClientQuotas {
 public:
  static constexpr std::size_t kMostMeters = 10'000;

  ClientQuotas(base::Loop& loop, const BrokerConfig& config);

  void on_image(const MetadataImage& image, const MetadataChanges& changes);

  bool has(QuotaKind kind) const { return limits_.has(kind); }
  // Whether a request may have to wait at all.
  bool any_of_clients() const {
    return has(QuotaKind::produce) || has(QuotaKind::fetch) || has(QuotaKind::request) ||
           has(QuotaKind::mutation);
  }

  // Counts what the client uses (bytes; below 0: takes back) and says how long it has to wait:
  // like all waiting for a quota no longer than its windows reach back.
  base::Duration charge(QuotaKind kind, const QuotaClient& client, double amount);

  // Counts the time that the loop had for nobody else.
  void note_time(const QuotaClient& client, base::Duration time);

  // How long the client has to wait for what it has used; of time no longer than one window.
  base::Duration delay(QuotaKind kind, const QuotaClient& client);

  // The most that can be used at once without having to wait in any case; infinite without a quota.
  double most_at_once(QuotaKind kind, const QuotaClient& client) const;

  // Counts partitions that the client makes or deletes, and says how long it has to wait. A strict
  // one that has to wait already is not counted: it must not be carried out.
  base::Duration charge_mutations(const QuotaClient& client, double partitions, bool strict);

  // One more connection from an address; how long until it may be served.
  base::Duration connect(const std::string& host);

  // How much is remembered.
  std::size_t meters() const;

  // What one of those for whom use is counted apart uses, for who watches the broker.
  struct Usage {
    std::string user;  // an address where connections are meant; empty: users of all names
    std::string client_id;
    double limit = 0;
    double used = 0;        // a second, on average; of mutations: what may still be done at once
    base::Duration wait{};  // what its next request would be told
  };

  // Those who use most of what they may, `most` of them. Goes through everything of the kind.
  std::vector<Usage> busiest(QuotaKind kind, std::size_t most) const;

  // Connections that were served later for their address's quota.
  std::uint64_t delayed_connections() const { return delayed_connections_; }

 private:
  struct Meter {
    UsageWindow window;
    TokenBucket bucket;  // of mutations
    double limit = 0;    // of the last use
  };
  struct Meters {
    ByClient<Meter> by_client;
    Meter others;  // of all for whom there was no room
    base::TimePoint next_sweep{};
  };

  Meter& meter_of(QuotaKind kind, const FoundLimit& limit);
  void sweep(Meters& meters, const QuotaWindows& windows);
  Usage usage_of(QuotaKind kind, const Meter& meter) const;
  const QuotaWindows& windows_of(QuotaKind kind) const {
    return kind == QuotaKind::mutation ? mutation_windows_ : windows_;
  }

  base::Loop& loop_;
  const QuotaWindows windows_;
  const QuotaWindows mutation_windows_;
  QuotaLimits limits_;
  std::array<Meters, kQuotaKinds> meters_;        // of limits with a client-id
  std::array<Meters, kQuotaKinds> meters_alone_;  // of those of a user or an address alone
  std::uint64_t delayed_connections_ = 0;
};

}  // namespace ottla::broker
