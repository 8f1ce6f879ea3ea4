#include <algorithm>

#include "harness/report.hpp"

namespace tutti::bench {
namespace {

std::string note_of(const Step& step, const Report& report) {
  if (!step.invalid.empty()) return "invalid: " + step.invalid;
  if (report.knee && *report.knee == step.load) return "knee";
  return {};
}

std::string lines_of(const std::vector<std::pair<std::string, std::string>>& facts) {
  size_t width = 0;
  for (const auto& [name, value] : facts) width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, value] : facts) out += name + ":" + std::string(width + 1 - name.size(), ' ') + value + "\n";
  return out;
}

}  // namespace

Table steps_table(const Report& report) {
  Table table;
  table.head = {"load",   "people", "out streams", "in pkt/s",   "out pkt/s",        "out Mbit/s",
                "lost %", "cores",  "user %",      "us/pkt out", "out streams/core", "out pkt/s/core",
                "p50 us", "p99 us", "p99.9 us",    "RSS MiB",    "KiB/person",       "gen. cores"};
  const bool mixes = std::any_of(report.steps.begin(), report.steps.end(),
                                 [](const Step& s) { return s.mixes > 0 || s.encoded_mpix_per_s > 0; });
  if (mixes) table.head.insert(table.head.end(), {"codec cores", "mix p99 us", "late mixes", "mixes due", "skipped"});
  table.head.push_back("");
  for (const Step& s : report.steps) {
    // Of media that are mixed or composed no packet goes through.
    const auto latency = [&s](double Spread::*p) {
      return s.latency.samples == 0 ? std::string() : figure(s.latency.*p);
    };
    std::vector<std::string> row = {figure(s.load),
                                    figure(static_cast<double>(s.participants)),
                                    figure(static_cast<double>(s.streams_out)),
                                    figure(s.packets_in_per_s),
                                    figure(s.packets_out_per_s),
                                    figure(s.mbit_out_per_s, 1),
                                    figure(s.loss * 100, 3),
                                    figure(s.cpu_cores, 3),
                                    figure(s.user_share * 100),
                                    figure(s.cpu_us_per_packet_out, 2),
                                    figure(s.streams_out_per_core),
                                    figure(s.packets_out_per_core),
                                    latency(&Spread::p50),
                                    latency(&Spread::p99),
                                    latency(&Spread::p999),
                                    figure(s.rss_kib / 1024, 1),
                                    figure(s.kib_per_participant, 1),
                                    figure(s.generator_cores, 2)};
    if (mixes) {
      row.insert(row.end(), {figure(s.codec_cores, 3), figure(s.mix_lateness.p99),
                             figure(static_cast<double>(s.late_mixes)) + "/" + figure(static_cast<double>(s.mixes)),
                             figure(s.mixes_arrived) + "/" + figure(s.mixes_due), figure(s.mix_frames_skipped)});
    }
    row.push_back(note_of(s, report));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table joins_table(const Report& report) {
  Table table;
  table.head = {"load", "joined", "failed", "joins/s", "phase", "p50 us", "p99 us", "p99.9 us", "max us"};
  for (const Step& s : report.steps) {
    if (!s.joins) continue;
    const JoinPhases& j = *s.joins;
    const std::pair<const char*, const Spread*> phases[] = {
        {"REST", &j.rest}, {"ICE", &j.ice}, {"DTLS", &j.dtls}, {"first media", &j.first_media}, {"all", &j.all}};
    for (const auto& [name, spread] : phases) {
      if (spread->samples == 0) continue;
      table.rows.push_back({figure(s.load), figure(static_cast<double>(j.joined)),
                            figure(static_cast<double>(j.failed)), figure(j.joins_per_s, 1), name, figure(spread->p50),
                            figure(spread->p99), figure(spread->p999), figure(spread->max)});
    }
  }
  return table;
}

Table generator_table(const Report& report) {
  Table table;
  table.head = {"load",       "late p99 us", "late max us", "socket drops", "refused",          "decrypted",
                "unreadable", "sent again",  "NACKs",       "keyframes",    "server's counters"};
  for (const Step& s : report.steps) {
    std::string counters;
    for (const auto& [name, value] : s.server_counters) {
      // Traffic has columns of its own; what is interesting is what should not be. That a layer is not forwarded
      // should be.
      const bool meant =
          name.find("{layer_not_selected}") != std::string::npos || name.find("{not_watched}") != std::string::npos;
      const bool trouble = (name.starts_with("dropped") && !meant) || name.find("late") != std::string::npos ||
                           name.find("skipped") != std::string::npos || name.find("overload") != std::string::npos ||
                           name.find("error") != std::string::npos;
      if (trouble && value > 0) counters += (counters.empty() ? "" : ", ") + name + " " + figure(value);
    }
    table.rows.push_back({figure(s.load), figure(s.send_late_p99_us), figure(s.send_late_max_us),
                          figure(static_cast<double>(s.socket_drops)), figure(static_cast<double>(s.refused_sends)),
                          figure(static_cast<double>(s.decrypted)), figure(static_cast<double>(s.unreadable)),
                          figure(static_cast<double>(s.retransmitted)), figure(static_cast<double>(s.nacks)),
                          figure(static_cast<double>(s.keyframes)), counters});
  }
  return table;
}

std::vector<std::pair<std::string, std::string>> facts_of(const Report& report) {
  std::string about = report.about;
  std::replace(about.begin(), about.end(), '\n', ' ');
  const Facts& f = report.facts;
  std::vector<std::pair<std::string, std::string>> facts = {{"scenario", report.scenario + ": " + about},
                                                            {"load", "counts " + report.scaled},
                                                            {"suite", report.suite},
                                                            {"server", f.server},
                                                            {"pinning", f.pinning},
                                                            {"machine", f.machine},
                                                            {"kernel", f.kernel + ", governor " + f.governor},
                                                            {"mitigations", f.mitigations},
                                                            {"harness", "commit " + f.commit + ", " + f.compiler},
                                                            {"date", f.date},
                                                            {"command", f.command}};
  if (report.knee) facts.emplace_back("knee", figure(*report.knee) + " " + report.scaled);
  if (!report.remark.empty()) facts.emplace_back("remark", report.remark);
  facts.erase(std::remove_if(facts.begin(), facts.end(), [](const auto& fact) { return fact.second.empty(); }),
              facts.end());
  return facts;
}

std::string as_terminal_text(const Report& report) {
  const Table steps = steps_table(report);
  std::string out = lines_of(facts_of(report)) + "\n" + for_terminal(steps, {steps.head.size() - 1});
  const Table joins = joins_table(report);
  if (!joins.rows.empty()) out += "\n" + for_terminal(joins, {4});
  return out + "\n" + for_terminal(generator_table(report), {10});
}

std::string as_markdown(const Report& report) {
  std::string out = "## " + report.scenario + "\n\n";
  for (const auto& [name, value] : facts_of(report)) out += "* " + name + ": " + value + "\n";
  out += "\n" + as_markdown(steps_table(report));
  const Table joins = joins_table(report);
  if (!joins.rows.empty()) out += "\n" + as_markdown(joins);
  return out + "\n" + as_markdown(generator_table(report));
}

}  // namespace tutti::bench
