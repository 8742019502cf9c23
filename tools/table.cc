#include "tools/table.h"

#include <algorithm>
#include <string>

namespace ottla::tools {
namespace {

namespace json = boost::json;

std::size_t least_width(const Column& column) {
  return column.header.size();
}
std::size_t least_width(const PaddedColumn& column) {
  return std::max(column.width, column.header.size());
}

template <class AnyColumn>
std::vector<std::size_t> widths_of(const std::vector<AnyColumn>& columns,
                                   const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& column : columns) widths.push_back(least_width(column));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].text.size());
    }
  }
  return widths;
}

// Columns without a key are for people alone.
template <class AnyColumn>
void append(const std::vector<AnyColumn>& columns, const std::vector<Row>& rows,
            json::array& array) {
  for (const auto& row : rows) {
    json::object object;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!columns[i].key.empty()) object[columns[i].key] = row[i].value;
    }
    array.push_back(std::move(object));
  }
}

void print_text(std::ostream& out, const std::vector<Column>& columns,
                const std::vector<Row>& rows) {
  const auto widths = widths_of(columns, rows);
  const auto print = [&](std::string_view text, std::size_t width) {
    out << text << std::string(width - text.size(), ' ') << '\t';
  };
  for (std::size_t i = 0; i < widths.size(); ++i) print(columns[i].header, widths[i]);
  out << '\n';
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) print(row[i].text, widths[i]);
    out << '\n';
  }
}

}  // namespace

void add_output_flag(CLI::App& app, OutputFormat& format) {
  const auto set = [&format](const std::string& name) {
    format = name == "json" ? OutputFormat::json : OutputFormat::table;
  };
  app.add_option_function<std::string>("--output", set, "as Kafka's script prints it, or as JSON")
      ->check(CLI::IsMember({"table", "json"}));
}

void print_table(std::ostream& out, OutputFormat format, const std::vector<Column>& columns,
                 const std::vector<Row>& rows) {
  if (format == OutputFormat::table) return print_text(out, columns, rows);
  json::array array;
  append(columns, rows, array);
  out << json::serialize(array) << '\n';
}

void PaddedTables::add(const std::vector<Row>& rows, Lead lead) {
  if (format_ == OutputFormat::json) return append(columns_, rows, all_);
  if (lead == Lead::empty_line) out_ << '\n';
  print(rows);
}

void PaddedTables::print(const std::vector<Row>& rows) {
  const auto widths = widths_of(columns_, rows);
  const auto print_line = [&](const auto& text_of) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string_view text = text_of(i);
      out_ << (i == 0 ? "" : " ") << text;
      if (columns_[i].width > 0) out_ << std::string(widths[i] - text.size(), ' ');
    }
    out_ << '\n';
  };
  print_line([&](std::size_t i) { return columns_[i].header; });
  for (const auto& row : rows) {
    print_line([&](std::size_t i) { return std::string_view(row[i].text); });
  }
}

void PaddedTables::finish() {
  if (format_ == OutputFormat::json) out_ << json::serialize(all_) << '\n';
}

}  // namespace ottla::tools
