#pragma once

#include <string>

namespace ottla::broker {

// The address of a client as Apache Kafka writes it, and so the hosts of ACLs: IPv6 in eight groups
// without a gap ("0:0:0:0:0:0:0:1"), an IPv4 address in IPv6 as what it is ("10.0.0.1"). What is no
// address is given back as it is.
std::string client_host(const std::string& address);

}  // namespace ottla::broker
