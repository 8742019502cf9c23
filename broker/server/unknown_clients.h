#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace ottla::broker {

// The connections that have not logged in yet, of all listeners where clients do. Anybody can have
// these, so there are fewer of them than of others, and fewer still from one host.
class UnknownClients {
 public:
  static constexpr std::size_t kMost = 1024;
  static constexpr std::size_t kMostOfHost = 256;

  bool has_room_for(const std::string& host) const;
  void add(std::uint64_t connection, const std::string& host);

  // It has logged in, or is gone. Nothing happens if it is not among them.
  void remove(std::uint64_t connection);

 private:
  std::unordered_map<std::uint64_t, std::string> hosts_;  // by connection
  std::unordered_map<std::string, std::size_t> of_host_;
};

}  // namespace ottla::broker
