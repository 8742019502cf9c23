#pragma once

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <concepts>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ottla::tools {

// One value of a table: for programs, and for people.
struct Cell {
  template <std::integral T>
  Cell(T number) : value(number), text(std::to_string(number)) {}  // NOLINT: implicit
  Cell(std::string_view words) : value(words), text(words) {}      // NOLINT: implicit
  Cell(const std::string& words) : value(words), text(words) {}    // NOLINT: implicit
  Cell(boost::json::value told, std::string shown)
      : value(std::move(told)), text(std::move(shown)) {}
  // Null for programs if it is not there, and `none` for people.
  template <std::integral T>
  Cell(const std::optional<T>& number, std::string_view none)
      : text(number ? std::to_string(*number) : std::string(none)) {
    if (number) value = *number;
  }

  boost::json::value value;
  std::string text;
};

// What is said above a column, and the name of its values in JSON.
struct Column {
  std::string_view header;
  std::string_view key;
};

using Row = std::vector<Cell>;  // one for each column

enum class OutputFormat : std::uint8_t { table, json };

// --output table|json.
void add_output_flag(CLI::App& app, OutputFormat& format);

// As Kafka's scripts print tables (columns as wide as their widest value, each followed by a tab),
// or as one JSON array of an object for each row.
void print_table(std::ostream& out, OutputFormat format, const std::vector<Column>& columns,
                 const std::vector<Row>& rows);

}  // namespace ottla::tools
