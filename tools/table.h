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
  template <class T>
  Cell(const std::optional<T>& told, std::string_view none) : text(none) {
    if (told) *this = Cell(*told);
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

// A column of a table as Kafka's older scripts print them: padded to at least `width`, with a space
// before the next one. 0: not padded, for the last one.
struct PaddedColumn {
  std::string_view header;
  std::string_view key;
  std::size_t width = 0;
};

// Several tables of the same columns; as JSON all of them are one array.
class PaddedTables {
 public:
  // What stands before a table: most scripts print an empty line.
  enum class Lead : std::uint8_t { none, empty_line };

  PaddedTables(std::ostream& out, OutputFormat format, std::vector<PaddedColumn> columns)
      : out_(out), format_(format), columns_(std::move(columns)) {}

  void add(const std::vector<Row>& rows, Lead lead = Lead::empty_line);
  // Prints what is printed last. To be called once.
  void finish();

 private:
  void print(const std::vector<Row>& rows);

  std::ostream& out_;
  const OutputFormat format_;
  const std::vector<PaddedColumn> columns_;
  boost::json::array all_;
};

}  // namespace ottla::tools
