#pragma once

#include <memory>
#include <string>

namespace ottla::broker {

// Who sends a request, as Kafka says it: "User:alice".
struct Principal {
  std::string type = "User";
  std::string name = "ANONYMOUS";

  bool operator==(const Principal&) const = default;
  std::string to_string() const { return type + ":" + name; }
};

// Whoever came to a listener that asks for nothing.
const std::shared_ptr<const Principal>& anonymous();

}  // namespace ottla::broker
