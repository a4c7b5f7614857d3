"""Requests with the kind of work that each asks for, written by hand before anything was tuned on them.

By project, then kind by kind; each kind is a line of requests, separated by ` | `. Neighbouring kinds are often near misses.
`TUNED` were looked at while the weights were chosen, `HELD_BACK` were not.
"""

_SHOP = """
Deploy the shop to staging | deploy shop to staging please | Please deploy version 2.4.1 of the shop to staging | ship the shop to staging | Deploy the shop to staging and check that it is healthy | release the shop on staging
Deploy the shop to production | deploy version 2.4.1 of the shop to production | please ship the shop to production | production deploy of the shop
Roll back the shop on staging | rollback the shop on staging to 2.3.9 | roll the shop on staging back please
Run the tests of the checkout module | run the checkout module's tests | please run the tests for the checkout module | run checkout module tests again
Write tests for the checkout module | write unit tests for the checkout module | please write more tests for checkout module
Fix the failing checkout test | fix failing checkout test | the checkout test is failing, fix it | repair the failing checkout test
Fix the failing checkout build | fix failing build of checkout | the checkout build is failing, please fix it
Update the changelog for 2.4.1 | update the changelog | please update the changelog for v2.5.0 | update changelog
Update the npm dependencies | update npm dependencies please | update our npm dependencies
Add a discount code field to the cart | add a discount code field to the cart page
Remove the discount code field from the cart | remove the discount code field from the cart page
Import the product catalogue from supplier.csv | import product catalogue from "supplier-march.csv" | import the product catalogue of the supplier
Export the product catalogue to CSV | export the product catalogue as csv for the supplier | export product catalogue
Summarize the customer tickets of last week | summarize customer tickets from Monday to Friday | give me a summary of the customer tickets of this week
Why is the cart page slow? | investigate why the cart page is slow | find out why the cart page is so slow
"""
_API = """
Start the api server locally | start the local api server | start the api server on my machine locally
Stop the api server | stop the local api server | please stop the api server
Restart the api server | restart api server
Add an endpoint for user invitations | add a user invitations endpoint | please add an endpoint for user invitations to the api
Remove the endpoint for user invitations | remove the user invitations endpoint
Run the database migrations | run database migrations | please run the pending database migrations | run the db migrations
Write a database migration that adds last_seen to users | write a migration adding a phone column to the users table
Back up the database | backup the database | make a backup of the database please | database backup
Restore the database from the backup | restore database from last backup | restore the database from the backup of 2026-11-02
Generate the OpenAPI document | generate openapi document | regenerate the openapi document
Rotate the signing key of the api | rotate the api signing key | please rotate the signing key for the api
Check the error rate of the api in the last hour | check api error rate | check the error rate of the api since 14:00
Profile the search endpoint | profile the search endpoint again | profile search endpoint under load
Bump the version of the api to 3.2.0 | bump the api version to 3.2.1 | bump api version
"""
_DATA = """
Load the orders of 2026-11-02 into the warehouse | load the orders of 2026-11-03 into the warehouse | load yesterday's orders into the warehouse | please load orders of 4 November into the warehouse
Delete the orders of 2026-11-02 from the warehouse | delete the test orders from the warehouse
Build the monthly revenue report for October | build monthly revenue report for November | build the monthly revenue report | monthly revenue report for 2026-09, please build it
Send the monthly revenue report to finance | send monthly revenue report for October to finance | please send the monthly revenue report to finance
Deduplicate the contacts of region north | deduplicate contacts of region south | dedupe the contacts for region east
Export the contacts of region north | export contacts for region west as csv
Train the churn model on the new data | train churn model | retrain the churn model on the new data | train the churn model again
Evaluate the churn model on the holdout | evaluate churn model | evaluate the churn model on the holdout set again
Plot the daily active users | plot daily active users since January | plot the daily active users of this quarter
Clean the sensor readings in readings.csv | clean the sensor readings in readings-2.csv | clean sensor readings from plant 7
Find the missing sensor readings of yesterday | find missing sensor readings for plant 3 | find the missing sensor readings
Compress the old log archives | compress old log archives | compress the log archives of 2025
Extract the log archive of March | extract the log archives of May
Check the nightly import for errors | check the nightly import | check if the nightly import had errors
"""
_INFRA = """
Scale the queue to 8 workers | scale the queue workers to 12 | scale queue to 4 workers | scale the queue down to 2 workers
Rotate the certificates of the load balancer | rotate load balancer certificates | rotate the load balancer's certificates
Renew the certificate of example.org | renew certificate for shop.example.org | renew the certificate for example.com
Add host web-4 to the cluster | add host web-5 to the cluster | add the host db-2 to the cluster
Remove host web-4 from the cluster | remove host web-9 from cluster
Drain node 7 before maintenance | drain node 3 for maintenance | drain the node 12 before the maintenance
Apply the terraform plan for staging | apply terraform plan on staging | apply the terraform plan to staging
Show the terraform plan for staging | show me the terraform plan for staging | show terraform plan, staging
Open port 8443 in the firewall | open port 9000 in the firewall | open the port 5432 in the firewall
Close port 8443 in the firewall | close the port 9000 in the firewall
Investigate the disk usage on web-2 | investigate disk usage of web-3 | find out why the disk usage on web-1 is high | diagnose disk usage on db-1
Enable the maintenance page | enable maintenance page | please enable the maintenance page now
Disable the maintenance page | disable maintenance page please | disable the maintenance page again
Upgrade postgres on db-1 to 17 | upgrade postgres on db-2 to 17.2 | upgrade postgres on the replica to 17
Downgrade postgres on db-1 to 16 | downgrade postgres on db-2
"""
_APP = """
Refactor the settings screen | refactor settings screen into smaller components | refactor the settings screen please
Translate the app into French | translate the app into Spanish | translate the app to Dutch | translate app strings into Italian
Fix the crash on startup | fix crash at startup | fix the crash on start-up (see log below) | the app crashes on startup, fix the crash
Fix the typo on the login screen | fix a typo on the login screen | fix typos in the login screen
Build the android release | build android release 5.1 | build the android release bundle | please build the android release
Build the ios release | build ios release 5.1 | build the iOS release please
Take screenshots for the app store | take new screenshots for the app store | take app store screenshots
Update the privacy policy text | update privacy policy text | update the text of the privacy policy
Review pull request #412 | review pull request 418 | please review the pull request #420 | review PR 431
Merge pull request #412 | merge pull request 418 | merge the pull request #420
Write release notes for 5.1 | write the release notes for 5.2 | write release notes | please write the release notes of 5.1.3
"""
_DOCS = """
Check the docs for broken links | check docs for broken links | check the documentation for broken links
Fix the broken links in the docs | fix broken links in the documentation | please fix the broken links of the docs
Publish the docs | publish the documentation | publish docs site | publish the docs site
Write a tutorial about webhooks | write a tutorial about billing | write a tutorial about webhooks for beginners
Convert the handbook from docx to markdown | convert handbook chapter 3 from docx to markdown | convert the handbook to markdown
Spell-check chapter 4 | spell-check chapter 7 | spell-check the chapter 12
"""
_BOOKS = """
Stelle das Quartal fertig und erzeuge den Bericht | erzeuge den Bericht für das Quartal | Erzeuge bitte den Bericht für das Quartal Q3
Importiere die Kontoauszüge vom Oktober | importiere die Kontoauszüge vom November | importiere Kontoauszüge von September
Lance les tests du module paiement | lance les tests du module paiement encore | relance les tests du module paiement
Genera la factura de octubre | genera la factura de noviembre | genera la factura del cliente 42
部署网站到测试环境 | 请部署网站到测试环境 | 部署网站到测试环境 v2.1
运行数据库备份 | 请运行数据库备份
Book the invoices of October | book invoices of November | book the invoices of supplier Miller
Cancel the invoice 2026-118 | cancel invoice 2026-131
"""
_NOTES = """
hello | hi there | hello!
tests | run tests | run the tests
lint | run the linter | lint the code
What changed since yesterday? | what has changed since yesterday | tell me what changed since Monday
Summarize the meeting notes of today | summarize meeting notes from Tuesday | summarize the meeting notes in notes/standup.md
Plan the sprint | plan sprint 14 | plan the next sprint
Close the sprint | close sprint 13 | close the current sprint
Rename the branch to feature-x | rename branch feature/login to login | rename the branch
Create a branch for the login feature | create a branch for the search feature | create branch for ticket ABC-12
Delete merged branches | delete the merged branches | delete all merged branches
Find TODO comments in the code | find the TODO comments | find all TODO comments in src
Count lines of code | count the lines of code | count lines of code by language
"""

_LAB = """
Calibrate the spectrometer with the reference sample | calibrate spectrometer with reference sample B | calibrate the spectrometer again
Fit the decay curve of run 118 | fit the decay curve of run 121 | fit the decay curve for run 97
Plot the decay curve of run 118 | plot the decay curve of run 122 | plot decay curve for run 95
Archive the raw data of October | archive the raw data of November | archive raw data from September
Upload the raw data to the institute's server | upload raw data of run 118 to the server of the institute | upload the raw data to the institute server
Simulate the detector with 10000 events | simulate the detector with 50000 events | simulate detector, 2000 events
Compare the simulation with run 118 | compare the simulation to run 121 | compare simulation and run 97
Write the abstract for the conference | write an abstract for the conference in Lisbon | write the conference abstract
Proofread the abstract for the conference | proofread the conference abstract | please proofread the abstract for the conference
Order new samples from the supplier | order samples from the supplier | please order new samples at the supplier
Book beam time for January | book beam time for March | book the beam time in May
Cancel the beam time in January | cancel beam time for March
"""


def _kinds(project: str, text: str) -> list[tuple[str, int, str]]:
    lines = [line for line in text.strip().splitlines() if line]
    return [(project, kind, request) for kind, line in enumerate(lines) for request in line.split(" | ")]


TUNED = [*_kinds("shop", _SHOP), *_kinds("data", _DATA), *_kinds("app", _APP), *_kinds("notes", _NOTES)]
HELD_BACK = [
    *(*_kinds("api", _API), *_kinds("infra", _INFRA), *_kinds("docs", _DOCS)),
    *(*_kinds("books", _BOOKS), *_kinds("lab", _LAB)),
]
"""Each request as (project, kind within it, request)."""
