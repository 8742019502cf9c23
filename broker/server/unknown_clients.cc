#include "broker/server/unknown_clients.h"

namespace ottla::broker {

UnknownClients::Admission UnknownClients::admit(const std::string& host, base::TimePoint now) {
  const auto found = of_host_.find(host);
  const std::size_t has = found == of_host_.end() ? 0 : found->second.size();
  if (has >= kMostOfHost) return instead_of(*found->second.begin(), now);
  if (clients_.size() < most_) return {.admitted = true};
  const auto& [most, crowd] = *crowds_.rbegin();
  // With one less the other host would have fewer than this one: they would take turns for ever.
  if (has + 1 < most) return {.admitted = true, .instead_of = *of_host_.at(crowd).begin()};
  return instead_of(clients_.begin()->first, now);
}

UnknownClients::Admission UnknownClients::instead_of(std::uint64_t oldest, base::TimePoint now) {
  if (now < next_for_age_ || now - clients_.at(oldest).since < kGrace) return {};
  next_for_age_ = now + kBetween;
  return {.admitted = true, .instead_of = oldest};
}

void UnknownClients::add(std::uint64_t connection, const std::string& host, base::TimePoint now) {
  clients_.emplace_hint(clients_.end(), connection, Client{host, now});
  auto& of_host = of_host_[host];
  of_host.insert(connection);
  count(host, of_host.size() - 1, of_host.size());
}

void UnknownClients::remove(std::uint64_t connection) {
  const auto found = clients_.find(connection);
  if (found == clients_.end()) return;
  const auto of_host = of_host_.find(found->second.host);
  of_host->second.erase(connection);
  count(found->second.host, of_host->second.size() + 1, of_host->second.size());
  if (of_host->second.empty()) of_host_.erase(of_host);
  clients_.erase(found);
}

void UnknownClients::count(const std::string& host, std::size_t before, std::size_t after) {
  if (before > 0) crowds_.erase({before, host});
  if (after > 0) crowds_.emplace(after, host);
}

}  // namespace ottla::broker
