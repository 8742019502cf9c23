#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "protocol/uuid.h"
#include "protocol/wire/visitor.h"

namespace ottla::broker {

// Looks through a request for a topic, by its name or its id; for the faults that tests ask for.
// In a field called "name" it may find something else that has the topic's name, such as a setting.
class NamesTopic final : public protocol::Visitor<NamesTopic> {
 public:
  // `id` is zero if there is no such topic.
  NamesTopic(std::string_view name, const protocol::Uuid& id) : name_(name), id_(id) {}

  template <protocol::MessageStruct M>
  bool in(const M& message) {
    M::fields(message, *this);
    return found_;
  }

  template <class T>
  void field(const char* name, const protocol::FieldRule&, const T& member) {
    look(name, member);
  }

  template <class... T>
  void tags(const protocol::Tag<T>&... tag) {
    (look(tag.name, tag.field), ...);
  }

 private:
  template <class T>
  void look(std::string_view field, const std::vector<T>& members) {
    for (const auto& each : members) look(field, each);
  }
  template <class T>
  void look(std::string_view field, const std::optional<T>& member) {
    if (member) look(field, *member);
  }
  template <class T>
  void look(std::string_view field, const T& member) {
    if constexpr (protocol::MessageStruct<T>) {
      T::fields(member, *this);
    } else if constexpr (std::is_same_v<T, protocol::Uuid>) {
      found_ |= field == "topicId" && !id_.is_zero() && member == id_;
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      found_ |= may_be_topic(field) && member == name_;
    }
  }

  static bool may_be_topic(std::string_view field) {
    constexpr auto kFields = std::to_array<std::string_view>(
        {"topic", "name", "topicName", "topicNames", "resourceName"});
    return std::find(kFields.begin(), kFields.end(), field) != kFields.end();
  }

  const std::string_view name_;
  const protocol::Uuid id_;
  bool found_ = false;
};

}  // namespace ottla::broker
