#pragma once

#include <string_view>

namespace ottla::client {

// Kafka's names of what an administrator sees: tables of entries with `value` and `name`, the first
// of which stands for whatever is not in them.
template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
  for (const auto& each : table) {
    if (each.value == value) return each.name;
  }
  return table[0].name;
}

template <class Table>
auto value_in(const Table& table, std::string_view name) {
  for (const auto& each : table) {
    if (each.name == name) return each.value;
  }
  return table[0].value;
}

}  // namespace ottla::client
