#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/time.h"

namespace ottla::broker {

// The connections that have not said yet who they are, of all listeners where clients log in or
// begin with a handshake of TLS. Anybody can have these, so there are fewer of them than of others,
// and fewer still from one host. Those who come to stay do not keep out who comes to log in: where
// no place is left the new one takes that of another, see `admit`.
class UnknownClients {
 public:
  static constexpr std::size_t kMost = 1024;
  static constexpr std::size_t kMostOfHost = 256;
  // A login takes much less; who has been here for longer may be asked to leave.
  static constexpr base::Duration kGrace = std::chrono::seconds(1);
  // And so often at most: a crowd that comes again and again is not let in as fast as it comes.
  static constexpr base::Duration kBetween = std::chrono::milliseconds(2);

  // `most`: all in all; kMost, or fewer where there may be few connections at all.
  explicit UnknownClients(std::size_t most = kMost) : most_(most) {}

  std::size_t most() const { return most_; }

  struct Admission {
    bool admitted = false;
    std::optional<std::uint64_t> instead_of{};  // the connection that has to go for it
  };

  // Whether one more from `host` may come. If all places are taken, it comes instead of the oldest
  // one of the host that has most, unless its own has nearly as many; failing that instead of the
  // oldest of all, and if the host has its share, of the oldest of the host, once those had their
  // time. Logarithmic.
  Admission admit(const std::string& host, base::TimePoint now);

  // `connection` is larger than those before.
  void add(std::uint64_t connection, const std::string& host, base::TimePoint now);

  bool contains(std::uint64_t connection) const { return clients_.contains(connection); }

  // It is known now, or gone. Nothing happens if it is not among them.
  void remove(std::uint64_t connection);

 private:
  struct Client {
    std::string host;
    base::TimePoint since;
  };

  Admission instead_of(std::uint64_t oldest, base::TimePoint now);
  void count(const std::string& host, std::size_t before, std::size_t after);

  const std::size_t most_;
  std::map<std::uint64_t, Client> clients_;  // by connection, so by age
  std::unordered_map<std::string, std::set<std::uint64_t>> of_host_;
  std::set<std::pair<std::size_t, std::string>> crowds_;  // each host with how many it has
  base::TimePoint next_for_age_{};  // from when on one may go because it had its time
};

}  // namespace ottla::broker
