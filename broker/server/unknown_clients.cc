#include "broker/server/unknown_clients.h"

namespace ottla::broker {

bool UnknownClients::has_room_for(const std::string& host) const {
  if (hosts_.size() >= kMost) return false;
  const auto found = of_host_.find(host);
  return found == of_host_.end() || found->second < kMostOfHost;
}

void UnknownClients::add(std::uint64_t connection, const std::string& host) {
  if (hosts_.emplace(connection, host).second) ++of_host_[host];
}

void UnknownClients::remove(std::uint64_t connection) {
  const auto found = hosts_.find(connection);
  if (found == hosts_.end()) return;
  const auto of_host = of_host_.find(found->second);
  if (--of_host->second == 0) of_host_.erase(of_host);
  hosts_.erase(found);
}

}  // namespace ottla::broker
